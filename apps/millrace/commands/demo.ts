import { defineCommand } from '../command.js';

export const demo = defineCommand({
  name: 'demo',
  summary: 'see it work, on a PostgreSQL and a MongoDB of its own',
  description:
    'Starts a real PostgreSQL and a real MongoDB, loads a small shop, runs a job, changes rows while it runs, shows rows and ' +
    'documents side by side, and verifies every document. Ends by itself and leaves nothing behind. No other server is touched.',
  args: [],
  options: [],
  examples: ['millrace demo'],
  async run(context) {
    const { runDemo } = await import('../demo/demo.js');
    return runDemo(context);
  },
});
