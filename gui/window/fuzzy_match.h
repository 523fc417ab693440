// Finding a command by a few letters of its words.
#pragma once

#include <QString>
#include <optional>
#include <vector>

namespace limoe::gui {

struct WordMatch {
  int score = 0;                  ///< larger is better; comparable for one `typed`
  std::vector<qsizetype> places;  ///< ascending: letters of the title that were found
};

/// Every typed word must be found in the title, in any order and case: at the beginning of a word
/// (best), within one, or as letters in this order that begin at a word ("pvl": Previous layer).
/// Nothing typed matches everything.
std::optional<WordMatch> matchWords(const QString& typed, const QString& title);

}  // namespace limoe::gui
