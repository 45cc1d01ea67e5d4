import { type Assumption, broker, formerOwner, kafkaFaults, logKit, topicsKit } from './assumption.js';

const SENDER = 'log/sim-sender.ts';
const GROUP = 'log/sim-group.ts';
const BROKER = 'log/sim-broker.ts';

export const OF_KAFKA: readonly Assumption[] = [
  {
    holds:
      'A partition has its messages in the order in which they arrived; one request in flight keeps that of the appends.',
    reliesOnIt: SENDER,
    tests: [logKit('hands over the records of a partition in the order of their appends')],
  },
  {
    holds: 'What was acknowledged is not lost, and nothing passes what was not.',
    reliesOnIt: SENDER,
    tests: [kafkaFaults('loses nothing and keeps the order, of what is appended and of what is read meanwhile')],
  },
  {
    holds: 'A request that was given up may arrive all the same, and so a message be there twice.',
    reliesOnIt: SENDER,
    tests: [broker('an append that was given up arrives all the same, and a second time where it is sent again')],
  },
  {
    holds: 'A message larger than a broker takes goes in parts, which are put together again.',
    reliesOnIt: SENDER,
    tests: [kafkaFaults('carries records larger than a message may be, compression %s')],
  },
  {
    holds: 'When members come and go partitions move; what their former owner did not complete is handed over again.',
    reliesOnIt: GROUP,
    tests: [
      kafkaFaults('hands the partitions that a second member gets to it, and all records of a batch in flight again'),
      kafkaFaults('goes on where it was in the partitions that it keeps, without handing over anything twice'),
      kafkaFaults('reads on in a partition that was full when it was lost, and came back'),
    ],
  },
  {
    holds:
      'A member that is silent for its session loses its partitions without knowing; it goes on, and its commits are refused.',
    reliesOnIt: GROUP,
    tests: [
      formerOwner(
        'a former owner that goes on takes no offset back, and gets nothing again but what had reached it while it stood still',
      ),
      kafkaFaults('keeps a paused member in its group beyond the time in which a silent one loses its partitions'),
    ],
  },
  {
    holds: 'The next owner begins at the last commit.',
    reliesOnIt: 'log/sim-consumer.ts',
    tests: [
      kafkaFaults('commits what a stopping member has completed, so that the next one begins behind it'),
      logKit('ends a stop at its deadline, and hands what was not completed to the next consumer of the group'),
    ],
  },
  {
    holds: 'Every group of a topic gets all of it, in batches that may be cut anywhere between records.',
    reliesOnIt: BROKER,
    tests: [
      logKit('gives every group of a topic all records'),
      logKit('hands over at most maxRecords, and what has piled up while a handler works'),
      logKit('cuts batches by bytes, and hands over a larger record alone'),
    ],
  },
  {
    holds: 'Records go only where they are deleted by name, below an offset.',
    reliesOnIt: 'log/sim-topic.ts',
    tests: [
      kafkaFaults('are made so that nothing is dropped by age, size or key'),
      kafkaFaults('deletes what the only group of a topic has completed, and nothing else'),
    ],
  },
  {
    holds: 'A reader whose next record is gone is told so, before it begins and while it reads.',
    reliesOnIt: BROKER,
    tests: [
      kafkaFaults('stops a reader whose unread records were deleted before it begins'),
      broker('a reader whose unread records are deleted while it reads is stopped, and handed nothing behind them'),
    ],
  },
  {
    holds:
      'The client may fall silent without an error; one that takes its place is another member, and what was at work goes on.',
    reliesOnIt: 'log/log-client.ts',
    tests: [
      kafkaFaults(
        'replaces a client that has been silent for too long, as often as it takes, and what was at work goes on',
      ),
    ],
  },
  {
    holds:
      'A topic may be given another partition by an administrator; whoever makes sure of its topics then is told so.',
    reliesOnIt: BROKER,
    tests: [topicsKit('makes a topic again without error, but not with another number of partitions')],
  },
  {
    holds:
      'A copy that lags may become the leader where that is allowed: then what it lacks is gone, and its offsets are given again.',
    reliesOnIt: 'log/sim-topic.ts',
    tests: [],
    unchecked: 'Kafka documents it (`unclean.leader.election.enable`, off as it comes); no test has several brokers',
  },
  {
    holds: 'Offsets expire, or are set by an administrator, only where a group has no members.',
    reliesOnIt: GROUP,
    tests: [],
    unchecked: 'Kafka documents both (`offsets.retention.minutes`; tools refuse a group that is at work)',
  },
  {
    holds: 'A group that has no offset, and a log that lacks its first records, are told as they are.',
    reliesOnIt: GROUP,
    tests: [kafkaFaults('begins a group without an offset only where the log has its first record')],
  },
  {
    holds:
      'A topic that is deleted and made anew stops who reads it; with a topic all that was committed of it is gone.',
    reliesOnIt: BROKER,
    tests: [
      kafkaFaults('stops a reader of a topic that was made anew, while it runs and when it begins'),
      kafkaFaults('stops a reader whose topic is gone'),
      broker('what a group has committed of a topic is gone with the topic'),
    ],
  },
];
