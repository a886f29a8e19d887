// "Did you mean": the known word that a mistyped one was meant to be.
#pragma once
#include <set>
#include <string>

namespace tandem {

// The candidate with the fewest letters to insert, delete or replace (Levenshtein's distance), or "" where even that
// one differs in more than two letters and more than a third of them.
std::string nearest_word(const std::string& word, const std::set<std::string>& candidates);

}  // namespace tandem
