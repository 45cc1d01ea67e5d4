import { EXIT } from '#errors';
import { defineCommand } from '../command.js';

export const jobsList = defineCommand({
  name: 'jobs list',
  summary: 'list the jobs that the services run',
  args: [],
  options: [],
  server: 'needed',
  examples: ['millrace jobs list --server https://millrace.example:8080'],
  async run(context) {
    const { remoteServer } = await import('../server/remote.js');
    const jobs = await remoteServer(context).list();
    const { formatJobs } = await import('../output/jobs.js');
    context.terminal.result(jobs, () => formatJobs(jobs, context.terminal.out));
    return EXIT.done;
  },
});
