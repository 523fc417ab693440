#include "gui/window/fuzzy_match.h"

#include <QStringList>
#include <algorithm>

namespace limoe::gui {
namespace {

constexpr int kBeginning = 100;
constexpr int kWithin = 40;
constexpr int kLetters = 10;
constexpr int kWholeWord = 20;  ///< besides

bool beginsWord(const QString& title, qsizetype at) {
  return at == 0 || !title[at - 1].isLetterOrNumber();
}

bool endsWord(const QString& title, qsizetype end) {
  return end == title.size() || !title[end].isLetterOrNumber();
}

bool sameLetter(QChar a, QChar b) {
  return a.toCaseFolded() == b.toCaseFolded();
}

/// The letters of `word` from `start` on, each as early as possible; beginnings of words first.
std::vector<qsizetype> letters(const QString& word, const QString& title, qsizetype start) {
  std::vector<qsizetype> places{start};
  for (qsizetype w = 1; w < word.size(); ++w) {
    const qsizetype from = places.back() + 1;
    qsizetype found = -1;
    for (qsizetype at = from; at < title.size(); ++at) {
      if (sameLetter(title[at], word[w])) {
        found = found < 0 ? at : found;
        if (beginsWord(title, at) || at == from) {
          found = at;
          break;
        }
      }
    }
    if (found < 0) {
      return {};
    }
    places.push_back(found);
  }
  return places;
}

std::optional<WordMatch> matchWord(const QString& word, const QString& title) {
  WordMatch best;
  for (qsizetype at = title.indexOf(word, 0, Qt::CaseInsensitive); at >= 0;
       at = title.indexOf(word, at + 1, Qt::CaseInsensitive)) {
    const bool beginning = beginsWord(title, at);
    const int score = (beginning ? kBeginning : kWithin) +
                      (beginning && endsWord(title, at + word.size()) ? kWholeWord : 0);
    if (score > best.score) {
      best.score = score;
      best.places.clear();
      for (qsizetype i = 0; i < word.size(); ++i) {
        best.places.push_back(at + i);
      }
    }
  }
  for (qsizetype at = 0; best.score == 0 && word.size() > 1 && at < title.size(); ++at) {
    if (sameLetter(title[at], word[0]) && beginsWord(title, at)) {
      best.places = letters(word, title, at);
      best.score = best.places.empty() ? 0 : kLetters;
    }
  }
  return best.score > 0 ? std::optional(best) : std::nullopt;
}

}  // namespace

std::optional<WordMatch> matchWords(const QString& typed, const QString& title) {
  WordMatch all;
  for (const QString& word : typed.split(' ', Qt::SkipEmptyParts)) {
    const auto match = matchWord(word, title);
    if (!match) {
      return std::nullopt;
    }
    all.score += match->score;
    all.places.insert(all.places.end(), match->places.begin(), match->places.end());
  }
  std::sort(all.places.begin(), all.places.end());
  all.places.erase(std::unique(all.places.begin(), all.places.end()), all.places.end());
  return all;
}

}  // namespace limoe::gui
