import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Tables that reference each other in a circle are embedded as far as the file names them, no further and no less. */
test('a circle of references is cut where the file stops naming it', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE teams (id int PRIMARY KEY, lead_id int); CREATE TABLE people (id int PRIMARY KEY, team_id int REFERENCES teams);
      ALTER TABLE teams ADD FOREIGN KEY (lead_id) REFERENCES people;
      INSERT INTO teams VALUES (1, NULL), (2, NULL); INSERT INTO people VALUES (1, 1), (2, 1), (3, 2); UPDATE teams SET lead_id = id`,
    collections: `teams:
  table: public.teams
  embed:
    lead: { one: public.people, on: { id: lead_id }, embed: { team: { one: public.teams, on: { id: team_id }, embed: { members: { many: public.people, on: { team_id: id }, value: id } } } } }
    members: { many: public.people, on: { team_id: id }, embed: { leads: { many: public.teams, on: { lead_id: id }, value: id } } }`,
    truth: {
      teams: `SELECT json_build_object('_id', oracle.i(t.id), 'lead_id', oracle.i(lead_id),
        'lead', (SELECT json_build_object('id', oracle.i(p.id), 'team_id', oracle.i(p.team_id), 'team', (SELECT json_build_object('id', oracle.i(u.id), 'lead_id', oracle.i(u.lead_id),
          'members', oracle.items((SELECT json_agg(oracle.i(q.id) ORDER BY q.id) FROM people q WHERE q.team_id = u.id))) FROM teams u WHERE u.id = p.team_id)) FROM people p WHERE p.id = t.lead_id),
        'members', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(p.id), 'team_id', oracle.i(p.team_id),
          'leads', oracle.items((SELECT json_agg(oracle.i(u.id) ORDER BY u.id) FROM teams u WHERE u.lead_id = p.id))) ORDER BY p.id) FROM people p WHERE p.team_id = t.id))) FROM teams t`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after('UPDATE teams SET lead_id = 3', 'UPDATE people SET team_id = 2 WHERE id = 1');
  await job.after('UPDATE teams SET lead_id = NULL; DELETE FROM people WHERE id = 3');
  expect(await job.letters()).toEqual([]);
});
