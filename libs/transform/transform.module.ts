import { Module } from '@nestjs/common';
import { makeTransform } from './transform.js';

export const TRANSFORM = Symbol('transform');

/** Hosts what owns rows: in one process with the others, or as a service of its own. */
@Module({ providers: [{ provide: TRANSFORM, useValue: makeTransform }], exports: [TRANSFORM] })
export class TransformModule {}
