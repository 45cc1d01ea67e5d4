import type { LoadActor } from '#ingest';
import type { LogBatch } from '#log';
import type { RiverContext } from '#service';
import type { RecordedTask } from '#stage';
import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** Reads chunks of the load; which replica captures is elected beside this. */
@Controller()
export class IngestController {
  @MessagePattern('load-tasks')
  load(@Payload() batch: LogBatch<RecordedTask>, @Ctx() { owned }: RiverContext) {
    return (owned.ingest as { load: LoadActor }).load.handle(batch);
  }
}
