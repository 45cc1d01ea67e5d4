/** Why MongoDB cannot have, or cannot safely update, something of this name; undefined where it can. */
export type NameRule = (name: string) => string | undefined;

export const databaseNameFault: NameRule = (name) => {
  if (/[/\\. "$*<>:|?\0]/.test(name)) return 'a database name cannot have / \\ . " $ * < > : | ? or a space';
  if (Buffer.byteLength(name) > 63) return 'a database name has at most 63 bytes';
  if (['admin', 'local', 'config'].includes(name.toLowerCase())) return `MongoDB keeps the database ${name} for itself`;
  return undefined;
};

/** MongoDB's limit is 255 bytes for database and collection together, less on sharded clusters. */
export function collectionNameFault(name: string, database: string): string | undefined {
  if (name === '') return 'a collection name cannot be empty';
  if (name.includes('\0')) return 'a collection name cannot have a NUL character';
  if (name.includes('$')) return 'a collection name cannot have a $';
  if (name.startsWith('system.')) return 'MongoDB keeps names that begin with system. for itself';
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    return 'a collection name cannot begin or end with a dot, nor have two in a row';
  if (Buffer.byteLength(`${database}.${name}`) > 235)
    return 'database and collection name together have at most 235 bytes';
  return undefined;
}

/** Dots and a leading `$` can be stored, but updates and queries break on them. */
export const fieldNameFault: NameRule = (name) => {
  if (name === '') return 'a field name cannot be empty';
  if (name.includes('\0')) return 'a field name cannot have a NUL character';
  if (name.startsWith('$')) return 'a field name that begins with $ breaks queries and updates';
  if (name.includes('.')) return 'a field name with a dot breaks queries and updates';
  if (Buffer.byteLength(name) > 1024) return 'a field name has at most 1024 bytes';
  return undefined;
};
