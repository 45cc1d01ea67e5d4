import { Metrics } from '#observability/metrics';
import { type DynamicModule, Module } from '@nestjs/common';
import { HealthController, READINESS, type Readiness } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** Health and metrics of one service. */
@Module({})
export class ServiceModule {
  static of(parts: { metrics: Metrics; readiness: Readiness }): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Metrics, useValue: parts.metrics },
        { provide: READINESS, useValue: parts.readiness },
      ],
    };
  }
}
