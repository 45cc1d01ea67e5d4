import { Module } from '@nestjs/common';
import { makeWrite } from './write.js';

export const WRITE = Symbol('write');

/** Hosts what owns documents: in one process with the others, or as a service of its own. */
@Module({ providers: [{ provide: WRITE, useValue: makeWrite }], exports: [WRITE] })
export class WriteModule {}
