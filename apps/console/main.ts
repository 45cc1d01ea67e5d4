import { processOutside, runService } from '#service';
import { consoleService } from './console-service.js';

await runService('console', processOutside(process.env), consoleService);
