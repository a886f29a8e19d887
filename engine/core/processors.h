#pragma once

namespace tandem {

int usable_processors();  // those this process may use: what a number of threads defaults to; at least 1

}  // namespace tandem
