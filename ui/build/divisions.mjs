/**
 * Makes `runtime/fieldtypes/data/divisions.json` (provinces, cities and districts of China with their official codes)
 * from the npm package @vant/area-data (MIT). To bring it up to date:
 *
 *     npm install --no-save @vant/area-data && node ui/build/divisions.mjs
 */
import { writeFileSync } from "node:fs";
import { areaList } from "@vant/area-data";

const below = (list, code, digits) => Object.entries(list).filter(([key]) => key.startsWith(code.slice(0, digits)));
const tree = Object.entries(areaList.province_list).map(([code, name]) => [
  code,
  name,
  below(areaList.city_list, code, 2).map(([city, cityName]) => [city, cityName, below(areaList.county_list, city, 4).map(([county, countyName]) => [county, countyName])]),
]);
writeFileSync(new URL("../../runtime/fieldtypes/data/divisions.json", import.meta.url), `${JSON.stringify(tree)}\n`);
