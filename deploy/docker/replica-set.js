// The healthcheck of the first member: initiates the replica set where that was not done, and is healthy once it has a primary.
const members = ['mongo-1', 'mongo-2', 'mongo-3'].map((name, _id) => ({ _id, host: `${name}:27017` }));
try {
  rs.status();
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  rs.initiate({ _id: 'rs0', members });
}
quit(db.hello().primary === undefined ? 1 : 0);
