import type { LogBatch } from '#log';
import type { RowsRecord } from '#model';
import { type RiverContext, RiverController } from '#service';
import type { RecordedTask } from '#stage';
import type { Transform } from '#transform';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** Owns rows: batches of their changes, and tasks that touch what the load has staged. */
@RiverController()
export class TransformController {
  @MessagePattern('rows')
  rows(@Payload() batch: LogBatch<RowsRecord>, @Ctx() { owned }: RiverContext) {
    return (owned.transform as Transform).rows.handle(batch);
  }

  @MessagePattern('build-tasks')
  build(@Payload() batch: LogBatch<RecordedTask>, @Ctx() { owned }: RiverContext) {
    return (owned.transform as Transform).build.handle(batch);
  }
}
