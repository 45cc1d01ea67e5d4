import { applyDecorators, Catch, Controller, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/** A handler's failure as it is: whether the actor's work is over or can be repeated reads its type. */
@Catch()
class PassOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Handles topics of the river, by `@MessagePattern`. */
export const RiverController = (): ClassDecorator => applyDecorators(Controller(), UseFilters(PassOn));
