import { processOutside, runService, workerService } from '#service';
import { WRITE } from '#write';
import { WriteServiceModule } from './write-service.module.js';

await runService('write', processOutside(process.env), (parts) =>
  workerService(parts, {
    role: 'write',
    module: WriteServiceModule,
    rooms: (application) => ({ write: application.get(WRITE) }),
  }),
);
