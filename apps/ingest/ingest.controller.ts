import type { LoadActor } from '#ingest';
import type { LogBatch } from '#log';
import { type RiverContext, RiverController } from '#service';
import type { RecordedTask } from '#stage';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** Reads chunks of the load; which replica captures is elected beside this. */
@RiverController()
export class IngestController {
  @MessagePattern('load-tasks')
  load(@Payload() batch: LogBatch<RecordedTask>, @Ctx() { owned }: RiverContext) {
    return (owned.ingest as { load: LoadActor }).load.handle(batch);
  }
}
