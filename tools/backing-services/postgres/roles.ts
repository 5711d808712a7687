/** The role and the database of Turnstream. */
export const NAME = 'turnstream';
/** The bootstrap superuser: it has no password, and no connection may name it. */
export const SUPERUSER = 'postgres';

/**
 * Creates the application role. In folders of earlier versions the superuser has its name, and is renamed to the
 * usual one.
 */
export const roleScript = (password: string, mayCreate: boolean): string => `
  DO $$ BEGIN
    IF pg_get_userbyid(10) = '${NAME}' THEN
      CREATE ROLE turnstream_upgrade SUPERUSER;
      SET SESSION AUTHORIZATION turnstream_upgrade;
      ALTER ROLE ${NAME} RENAME TO ${SUPERUSER};
      SET SESSION AUTHORIZATION ${SUPERUSER};
    END IF;
    IF to_regrole('${NAME}') IS NULL THEN CREATE ROLE ${NAME}; END IF;
    ALTER ROLE ${NAME} LOGIN NOSUPERUSER NOREPLICATION NOBYPASSRLS
      ${mayCreate ? 'CREATEDB CREATEROLE' : 'NOCREATEDB NOCREATEROLE'} PASSWORD '${password}';
  END $$;
  DROP ROLE IF EXISTS turnstream_upgrade;`;

export const databaseScript = `CREATE DATABASE ${NAME};`;

/**
 * Gives the application role its three schemas, and the objects in them that the superuser of earlier versions
 * created.
 */
export const ownershipScript = (mayCreate: boolean): string => `
  REVOKE ALL ON DATABASE ${NAME} FROM PUBLIC;
  GRANT CONNECT, TEMPORARY${mayCreate ? ', CREATE' : ''} ON DATABASE ${NAME} TO ${NAME};
  CREATE SCHEMA IF NOT EXISTS rebuild;
  CREATE SCHEMA IF NOT EXISTS reporting;
  ALTER SCHEMA public OWNER TO ${NAME};
  ALTER SCHEMA rebuild OWNER TO ${NAME};
  ALTER SCHEMA reporting OWNER TO ${NAME};
  DO $$ DECLARE kind text; name text; BEGIN
    FOR kind, name IN
      SELECT 'TABLE', oid::regclass::text FROM pg_class
        WHERE relnamespace IN ('public'::regnamespace, 'rebuild'::regnamespace, 'reporting'::regnamespace)
          AND relkind IN ('r', 'p', 'v', 'm')
      UNION ALL
      SELECT 'TYPE', oid::regtype::text FROM pg_type
        WHERE typnamespace IN ('public'::regnamespace, 'rebuild'::regnamespace) AND typtype IN ('e', 'd')
      UNION ALL
      SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER %s %s OWNER TO ${NAME}', kind, name); END LOOP;
  END $$;`;
