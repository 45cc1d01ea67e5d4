import { Module } from '@nestjs/common';
import { makeIngest } from './ingest.js';

export const INGEST = Symbol('ingest');

/** Hosts what reads the source: in one process with the others, or as a service of its own. */
@Module({ providers: [{ provide: INGEST, useValue: makeIngest }], exports: [INGEST] })
export class IngestModule {}
