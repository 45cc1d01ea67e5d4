import { WriteModule } from '#write';
import { Module } from '@nestjs/common';
import { WriteController } from './write.controller.js';

@Module({ imports: [WriteModule], controllers: [WriteController] })
export class WriteServiceModule {}
