import { processOutside, runService, workerService } from '#service';
import { TRANSFORM } from '#transform';
import { TransformServiceModule } from './transform-service.module.js';

await runService('transform', processOutside(process.env), (parts) =>
  workerService(parts, {
    role: 'transform',
    module: TransformServiceModule,
    rooms: (application) => ({ transform: application.get(TRANSFORM) }),
  }),
);
