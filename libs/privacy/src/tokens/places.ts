import type { Json } from '#domain';

/** Degrees precise to about ten metres. */
const precise = /^-?\d{1,3}\.\d{4,15}$/;
/** The last word of a name says which of the two degrees a member holds; the words before it, of which place. */
const latitude = /^(?:(.*)[^a-z])?lat(?:itude)?$/i;
const longitude = /^(?:(.*)[^a-z])?(?:lon|lng|long|longitude)$/i;
const listNames = /(?:^|[^a-z])coord(?:inate)?s$/i;

interface Place {
  latitude?: string;
  longitude?: string;
  readonly names: string[];
}

/** The places (`latitude,longitude`) in pairs of members of an object (`pickup_lat`, `pickup_lng`), by their names. */
export function placesIn(
  members: readonly (readonly [string, Json])[],
): ReadonlyMap<string, string> | undefined {
  let places: Map<string, Place> | undefined;
  for (const [name, value] of members) {
    const degrees = degreesOf(value);
    if (degrees === undefined) continue;
    const words = inWords(name);
    const north = latitude.exec(words);
    const match = north ?? longitude.exec(words);
    if (match === null) continue;
    places ??= new Map();
    const of = (match[1] ?? '').toLowerCase();
    const place: Place = places.get(of) ?? { names: [] };
    places.set(of, place);
    const axis = north === null ? 'longitude' : 'latitude';
    if ((place[axis] ??= degrees) === degrees) place.names.push(name);
  }
  return places && byName(places.values());
}

function byName(places: Iterable<Place>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { latitude, longitude, names } of places)
    if (latitude !== undefined && longitude !== undefined)
      for (const name of names) found.set(name, `${latitude},${longitude}`);
  return found;
}

/** The place in a list of coordinates, longitude first as in GeoJSON, perhaps with an altitude. */
export function placeOfList(list: readonly Json[], name: string): string | undefined {
  if (list.length !== 2 && list.length !== 3) return undefined;
  const [first, second] = [degreesOf(list[0]), degreesOf(list[1])];
  if (first === undefined || second === undefined || !listNames.test(inWords(name))) return undefined;
  return Math.abs(Number(second)) > 90 ? `${first},${second}` : `${second},${first}`;
}

function degreesOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return undefined;
  } else if (typeof value !== 'string' || value.length > 20) return undefined;
  const text = String(value);
  return precise.test(text) ? text : undefined;
}

/** `pickupLat` in two words. */
function inWords(name: string): string {
  return name.replaceAll(/([a-z])(?=[A-Z])/g, '$1 ');
}
