import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { FenceMissing } from '#store';
import { Metrics } from '#observability/metrics';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { RiverController } from './river-controller.js';
import { type RiverContext, RiverStrategy } from './river-strategy.js';

const DONE = Promise.resolve();

@RiverController()
class Rows {
  @MessagePattern('rows')
  rows(@Payload() batch: { partition: number }, @Ctx() { owned }: RiverContext) {
    if (batch.partition === 13) throw new FenceMissing('over');
    if (batch.partition === 14) throw new Error('broken');
    expect(owned).toBe(OWNED);
    return Promise.resolve({ completed: DONE });
  }
}

@Module({ controllers: [Rows] })
class RowsModule {}

const OWNED = { transform: undefined, write: undefined };
const told: unknown[] = [];
const LOGGER = { warn: (fields: unknown) => told.push(fields), debug: () => undefined } as never;
const PLAN = { job: 'shop', tables: [] } as never;

async function started() {
  const metrics = new Metrics('test');
  const nobody = { start: () => undefined, stop: async () => undefined } as never;
  const strategy = new RiverStrategy(() => nobody, { metrics, logger: LOGGER, onClosed: async () => undefined });
  const application = await NestFactory.createMicroservice(RowsModule, { strategy, logger: false });
  await application.listen();
  return { strategy, metrics, [Symbol.asyncDispose]: () => application.close() };
}

const batch = (partition: number) =>
  ({ partition, records: [{ kind: 'barrier', bytes: 1 }], signal: new AbortController().signal }) as never;

test('hands a batch to the handler that a controller declares, and gives back what it completes with', async () => {
  await using here = await started();
  const { rows } = here.strategy.handlersOf(OWNED, PLAN);
  expect(await rows?.(batch(1))).toEqual({ completed: DONE });
  const counted = await here.metrics.registry.getSingleMetricAsString('millrace_batch_records');
  expect(counted).toMatch(/^millrace_batch_records_count\{.*job="shop",topic="rows".*\} 1$/m);
});

test('consumes no topic that no controller handles', async () => {
  await using here = await started();
  expect(Object.keys(here.strategy.handlersOf(OWNED, PLAN))).toEqual(['rows']);
});

test("a handler's failure comes through as it is", async () => {
  await using here = await started();
  const { rows } = here.strategy.handlersOf(OWNED, PLAN);
  await expect(rows?.(batch(13))).rejects.toBeInstanceOf(FenceMissing);
});

test('a batch that failed is told with its job, topic and partition', async () => {
  await using here = await started();
  const { rows } = here.strategy.handlersOf(OWNED, PLAN);
  await expect(rows?.(batch(14))).rejects.toThrow('broken');
  expect(told).toEqual([{ job: 'shop', topic: 'rows', partition: 14, err: new Error('broken') }]);
});
