/** The database that a connection URI names in its path, of PostgreSQL's kind as of MongoDB's; undefined where none. */
export function databaseName(uri: string): string | undefined {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^?#]*?[^/]\/([^/?#@]+)(?:[?#].*)?$/i.exec(uri)?.[1];
  if (path === undefined) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
