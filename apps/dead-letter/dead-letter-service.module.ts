import { Module } from '@nestjs/common';
import { RetriesController } from './retries.controller.js';

@Module({ controllers: [RetriesController] })
export class DeadLetterServiceModule {}
