import { INGEST } from '#ingest';
import { processOutside, runService, runWhenElected, workerService } from '#service';
import { IngestServiceModule } from './ingest-service.module.js';

await runService('ingest', processOutside(process.env), (parts) =>
  workerService(parts, {
    role: 'ingest',
    module: IngestServiceModule,
    rooms: (application) => ({ ingest: application.get(INGEST) }),
    beside: ({ seat, job, list }, signal) => runWhenElected(seat, job, { jobs: list, metrics: parts.metrics }, signal),
  }),
);
