import { jsonText, withBsonValues } from '#extended-json';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Response } from './exchange.js';
import { map, type Observable } from 'rxjs';

/** Answers are JSON, values of documents canonical Extended JSON in it, fields in their own order. */
export class JsonAnswers implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (answer === undefined || response.headersSent) return undefined;
        response.type('application/json');
        return jsonText(withBsonValues(answer));
      }),
    );
  }
}
