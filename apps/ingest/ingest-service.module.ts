import { IngestModule } from '#ingest';
import { Module } from '@nestjs/common';
import { IngestController } from './ingest.controller.js';

@Module({ imports: [IngestModule], controllers: [IngestController] })
export class IngestServiceModule {}
