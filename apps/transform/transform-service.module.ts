import { TransformModule } from '#transform';
import { Module } from '@nestjs/common';
import { TransformController } from './transform.controller.js';

@Module({ imports: [TransformModule], controllers: [TransformController] })
export class TransformServiceModule {}
