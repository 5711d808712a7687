import type { Sqlite } from './layout.ts';
import { messageOf, sqliteCode, StoreReadError, type Health } from './errors.ts';

const COLUMNS = 'pos, sid, rev, id, type, is_json, created, crc, meta, data';

/** Maps the database's errors for a damaged file to StoreReadError. */
const guarded = (db: Sqlite, sql: string, health: Health) => {
  const statement = db.prepare(sql).raw();
  const guard = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const code = sqliteCode(error);
      if (!/^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(code) || health.lacksRoom(code)) throw error;
      const message = `The file is damaged: ${messageOf(error)}`;
      health.makeReadOnly(message);
      throw new StoreReadError(message);
    }
  };
  return {
    get: (parameters: unknown[] = []): unknown => guard(() => statement.get(parameters)),
    all: (parameters: unknown[] = []): unknown[] => guard(() => statement.all(parameters)),
  };
};

const writing = (db: Sqlite, sql: string) => {
  const statement = db.prepare(sql);
  return { run: (parameters: unknown[]): number => Number(statement.run(parameters).lastInsertRowid) };
};

/** Every statement of the log, prepared once. */
export const prepareStatements = (db: Sqlite, health: Health) => {
  const raw = (sql: string) => guarded(db, sql, health);
  const ofStream = 'FROM events WHERE sid = ? AND rev >= ? AND rev <= ? AND created >= ? ORDER BY rev';
  const forwards = 'FROM events WHERE pos >= ? ORDER BY pos LIMIT ?';
  const backwards = 'FROM events WHERE pos < ? ORDER BY pos DESC LIMIT ?';
  /**
   * Rows, and the sum of their sizes, which costs little: payloads are not read for it. Each value that is returned costs more: so rows
   * can be returned as one, a list in JSON and the joined ids and payloads. The casts change no bytes: texts are in UTF-8.
   */
  const page = (source: string) => ({
    rows: raw(`SELECT ${COLUMNS} ${source}`),
    joined: raw(`SELECT
        json_group_array(json_array(pos, sid, rev, type, is_json, created, crc, length(meta), length(data))),
        CAST(group_concat(CAST(id || meta || data AS TEXT), '') AS BLOB)
      FROM (SELECT ${COLUMNS} ${source})`),
    sizes: raw(`SELECT length(data) + length(meta) ${source}`),
    bytes: raw(`SELECT sum(size) FROM (SELECT length(data) + length(meta) AS size ${source})`),
  });
  return {
    head: raw('SELECT pos, length(data) + length(meta) FROM events ORDER BY pos DESC LIMIT 1'),
    fact: raw('SELECT value FROM facts WHERE name = ?'),
    addStream: writing(db, 'INSERT INTO streams (name) VALUES (?)'),
    insert: writing(db, `INSERT INTO events (${COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)`),
    sid: raw('SELECT sid FROM streams WHERE name = ?'),
    name: raw('SELECT name FROM streams WHERE sid = ?'),
    lastRevision: raw('SELECT rev FROM events WHERE sid = ? ORDER BY rev DESC LIMIT 1'),
    findId: raw('SELECT rev, pos FROM events WHERE sid = ? AND id = ? ORDER BY pos DESC LIMIT 1'),
    idAt: raw('SELECT id, pos FROM events WHERE sid = ? AND rev = ?'),
    at: raw(`SELECT ${COLUMNS} FROM events WHERE sid = ? AND rev = ?`),
    byPosition: raw(`SELECT ${COLUMNS} FROM events WHERE pos = ?`),
    hasPosition: raw('SELECT 1 FROM events WHERE pos = ?'),
    streamForwards: page(`${ofStream} LIMIT ?`),
    streamBackwards: page(`${ofStream} DESC LIMIT ?`),
    allForwards: page(forwards),
    allBackwards: page(backwards),
    scanForwards: raw(`SELECT pos, sid, type ${forwards}`),
    scanBackwards: raw(`SELECT pos, sid, type ${backwards}`),
  };
};
