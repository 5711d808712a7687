"""Counts what the files of an export of turns hold: `read_back.py ndjson|csv|parquet FOLDER`."""

import glob
import json
import sys

LOOK = """
SELECT count(*), count(DISTINCT turn_id), sum(revision), sum(length(message_text)),
  sum(CAST(json_extract(extracted_entities, '$.n') AS BIGINT)), count(parsed_intent),
  min(CAST(timestamp AS TIMESTAMP)), max(CAST(timestamp AS TIMESTAMP))
FROM {files}
"""


def by_duckdb(files):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.execute(LOOK.format(files=files)).fetchone()


def by_pandas(folder):
    import pandas

    ids, sums, times = set(), [0, 0, 0, 0, 0], []
    for name in sorted(glob.glob(f"{folder}/turns-*.csv")):
        turns = pandas.read_csv(name, keep_default_na=False, na_values={"parsed_intent": [""]})
        ids.update(turns["turn_id"])
        numbers = turns["extracted_entities"].map(lambda text: json.loads(text)["n"])
        lengths = turns["message_text"].str.len()
        found = [len(turns), turns["revision"].sum(), lengths.sum(), numbers.sum(), turns["parsed_intent"].count()]
        sums = [total + int(more) for total, more in zip(sums, found)]
        at = pandas.to_datetime(turns["timestamp"]).dt.tz_localize(None)
        times += [at.min(), at.max()]
    rows, revisions, characters, entities, intents = sums
    return rows, len(ids), revisions, characters, entities, intents, min(times), max(times)


def main():
    form, folder = sys.argv[1:]
    if form == "csv":
        found = by_pandas(folder)
    elif form == "parquet":
        found = by_duckdb(f"read_parquet('{folder}/turns-*.parquet')")
    else:
        columns = "{turn_id: 'VARCHAR', revision: 'INTEGER', message_text: 'VARCHAR', extracted_entities: 'JSON', parsed_intent: 'VARCHAR', timestamp: 'TIMESTAMP'}"
        found = by_duckdb(f"read_json('{folder}/turns-*.ndjson', columns = {columns}, format = 'newline_delimited')")
    names = ["rows", "turns", "revisions", "characters", "entities", "intents", "first", "last"]
    values = [value.isoformat() if hasattr(value, "isoformat") else int(value) for value in found]
    print(json.dumps(dict(zip(names, values))))


main()
