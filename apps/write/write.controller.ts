import type { LogBatch } from '#log';
import type { TouchRecord } from '#model';
import { type RiverContext, RiverController } from '#service';
import type { Write } from '#write';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** Owns documents: batches of touches. */
@RiverController()
export class WriteController {
  @MessagePattern('touches')
  touches(@Payload() batch: LogBatch<TouchRecord>, @Ctx() { owned }: RiverContext) {
    return (owned.write as Write).documents.handle(batch);
  }
}
