// engine/data/pack_index: what a folder of packed photographs holds.
#include "engine/data/pack_index.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) { to_json(parse_pack_index(text(input), "pack.json")); }
