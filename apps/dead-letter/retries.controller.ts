import type { TouchAgain } from '#dead-letter';
import { RiverController } from '#service';
import { BaseRpcContext, Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** Roots of one collection whose dead letters are due. */
export interface DueRoots {
  collection: number;
  roots: readonly string[];
}

export class RetryContext extends BaseRpcContext<[TouchAgain]> {
  get touch(): TouchAgain {
    return this.getArgByIndex(0) as TouchAgain;
  }
}

/** Tries dead letters again when they are due, by touching their roots. */
@RiverController()
export class RetriesController {
  @MessagePattern('retries')
  retry(@Payload() { collection, roots }: DueRoots, @Ctx() { touch }: RetryContext) {
    return touch(collection, roots);
  }
}
