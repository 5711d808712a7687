import { rebuildSchema, tables } from './rebuild.ts';

const names = `ARRAY[${tables.map((table) => `'${table}'`).join(', ')}]`;

/** The conversation tables of a schema, with their partitions. */
function tablesIn(schema: string): string {
  return `SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = '${schema}'::regnamespace AND c.relname = ANY (${names})
    UNION ALL SELECT i.inhrelid FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhparent
    WHERE c.relnamespace = '${schema}'::regnamespace AND c.relname = ANY (${names})`;
}

/**
 * Swaps the conversation tables of the schemas `public` and `rebuild`, with partitions and indexes. Since a schema allows each
 * name once, those in use are renamed in between. Grants move to the table that takes the place.
 */
export const exchangeTables = `DO $$ DECLARE
  moved record;
  statement text;
  old_tables oid[];
  new_tables oid[];
  renamed oid[];
  old_names text[];
  repeated text[];
BEGIN
  SELECT array_agg(oid) INTO old_tables FROM (${tablesIn('public')}) AS t;
  SELECT array_agg(oid) INTO new_tables FROM (${tablesIn(rebuildSchema)}) AS t;
  SELECT array_agg(c.oid), array_agg(c.relname::text) INTO renamed, old_names FROM pg_class AS c
  WHERE c.oid = ANY (old_tables) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY (old_tables));
  SELECT array_agg(format('GRANT %s ON public.%I TO %s', a.privilege_type, c.relname,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)) INTO repeated
  FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
  WHERE c.oid = ANY (old_tables) AND c.relname = ANY (${names}) AND a.grantee <> c.relowner;
  FOR moved IN SELECT c.relname, c.relkind, c.oid FROM pg_class AS c WHERE c.oid = ANY (renamed)
  LOOP EXECUTE format('ALTER %s public.%I RENAME TO %I',
    CASE WHEN moved.relkind IN ('i', 'I') THEN 'INDEX' ELSE 'TABLE' END, moved.relname, 'swap_' || moved.oid); END LOOP;
  FOR moved IN SELECT c.relname FROM pg_class AS c WHERE c.oid = ANY (new_tables)
  LOOP EXECUTE format('ALTER TABLE ${rebuildSchema}.%I SET SCHEMA public', moved.relname); END LOOP;
  FOR moved IN SELECT c.relname FROM pg_class AS c WHERE c.oid = ANY (old_tables)
  LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA ${rebuildSchema}', moved.relname); END LOOP;
  FOR moved IN SELECT c.relname, c.relkind, n.name FROM unnest(renamed, old_names) AS n (oid, name)
    JOIN pg_class AS c ON c.oid = n.oid
  LOOP EXECUTE format('ALTER %s ${rebuildSchema}.%I RENAME TO %I',
    CASE WHEN moved.relkind IN ('i', 'I') THEN 'INDEX' ELSE 'TABLE' END, moved.relname, moved.name); END LOOP;
  FOREACH statement IN ARRAY coalesce(repeated, '{}') LOOP EXECUTE statement; END LOOP;
END $$;`;
