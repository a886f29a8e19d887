// A run's log.jsonl, as a resumed run and as `tandem show curves` read it.
#include "engine/report/json_log.h"
#include "engine/report/log_series.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const auto path = write("log.jsonl", input);
  JsonLog::resume(path, 10);
  read_series(path, "loss", "run");
}
