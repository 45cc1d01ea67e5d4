import { Metrics } from '#observability/metrics';
import { Controller, Get, Header, Inject } from '@nestjs/common';

@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
