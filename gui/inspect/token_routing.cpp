#include "gui/inspect/token_routing.h"

#include <algorithm>

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

QString times(int64_t count) {
  return count == 1 ? tr("once") : tr("%1 times").arg(count);
}

}  // namespace

TokenDecision decisionOf(const probe::Layout& layout, const probe::LayerSlice& slice,
                         const TokenRef& token) {
  const bool image = token.modality == probe::kImage;
  const probe::Decisions& decisions = image ? slice.image : slice.text;
  const int64_t units = image ? layout.patches() : layout.text_length;
  const int64_t index = token.sample - slice.first_sample;
  TokenDecision result;
  if (index < 0 || index >= slice.samples || token.position < 0 || token.position >= units) {
    return result;
  }
  const auto at = static_cast<std::size_t>(index * units + token.position);
  const auto top_k = static_cast<std::size_t>(layout.top_k);
  if (decisions.expert.size() < (at + 1) * top_k ||
      decisions.expert[at * top_k] == probe::kNoExpert) {
    return result;
  }
  for (std::size_t choice = at * top_k; choice < (at + 1) * top_k; ++choice) {
    result.choices.push_back(
        {decisions.expert[choice], decisions.gate[choice], decisions.kept[choice] != 0});
  }
  result.runner_up = decisions.runner_up[at];
  // Both were rounded to halves: a runner-up near 0 must not turn negative.
  result.runner_up_probability = std::max(0.0, static_cast<double>(result.choices.back().gate) -
                                                   static_cast<double>(decisions.margin[at]));
  const auto experts = static_cast<std::size_t>(layout.experts);
  if (decisions.probability.size() >= (at + 1) * experts) {
    const float* first = decisions.probability.data() + at * experts;
    result.probabilities.assign(first, first + experts);
  }
  return result;
}

bool TokenHistory::flipsAt(int64_t snapshot) const {
  if (snapshot < 1 || snapshot >= size()) {
    return false;
  }
  const auto s = static_cast<std::size_t>(snapshot);
  return entries[s].expert != entries[s - 1].expert;
}

int64_t TokenHistory::flipsUpTo(int64_t last) const {
  int64_t flips = 0;
  for (int64_t s = 1; s <= std::min(last, size() - 1); ++s) {
    flips += flipsAt(s) ? 1 : 0;
  }
  return flips;
}

int64_t TokenHistory::settledSince() const {
  int64_t since = size() - 1;
  while (since > 0 && !flipsAt(since)) {
    --since;
  }
  return since;
}

QString inWords(const TokenHistory& history, int64_t shown,
                const std::function<QString(int64_t)>& title) {
  if (history.entries.empty()) {
    return {};
  }
  const int64_t since = history.settledSince();
  const int64_t flips = history.flipsUpTo(history.size() - 1);
  const TokenHistory::Entry& settled = history.entries[static_cast<std::size_t>(since)];
  const QString expert = title(settled.expert);
  if (history.size() == 1) {
    return tr("%1 in the one snapshot so far (step %2).").arg(expert).arg(settled.step);
  }
  if (flips == 0) {
    return tr("%1 in all %2 snapshots: settled since step %3, never flipped.")
        .arg(expert)
        .arg(history.size())
        .arg(settled.step);
  }
  QString words = since == history.size() - 1
                      ? tr("Not settled: it changed to %1 at the newest step, %2.")
                      : tr("Settled on %1 since step %2.");
  words = words.arg(expert).arg(settled.step);
  words += tr(" Flipped %1 in %2 snapshots").arg(times(flips)).arg(history.size());
  if (shown >= 0 && shown < history.size() - 1) {
    words += tr(", %1 up to step %2")
                 .arg(history.flipsUpTo(shown))
                 .arg(history.entries[static_cast<std::size_t>(shown)].step);
  }
  return words + QLatin1Char('.');
}

QString changesInWords(const TokenHistory& history, int64_t most,
                       const std::function<QString(int64_t)>& title) {
  QStringList changes;
  for (int64_t s = history.size() - 1; s > 0; --s) {
    if (!history.flipsAt(s)) {
      continue;
    }
    if (std::ssize(changes) == most) {
      changes.prepend(QStringLiteral("…"));
      break;
    }
    const auto at = static_cast<std::size_t>(s);
    changes.prepend(
        tr("%1 → %2 at step %3")
            .arg(title(history.entries[at - 1].expert), title(history.entries[at].expert))
            .arg(history.entries[at].step));
  }
  return changes.join(QStringLiteral(", "));
}

QString historyDefinition() {
  return tr(
      "Settled since: the first recorded step from which on the token’s first choice in this layer "
      "is the same in every snapshot up to the newest.\nFlip: a snapshot whose first choice is "
      "another than that of the snapshot before. Dropped choices count too.");
}

std::vector<HistoryColumn> columnsOf(const TokenHistory& history, int64_t count, int64_t columns) {
  const int64_t used = std::max<int64_t>(0, std::min(count, columns));
  std::vector<HistoryColumn> result(static_cast<std::size_t>(used));
  for (int64_t c = 0; c < used; ++c) {
    HistoryColumn& column = result[static_cast<std::size_t>(c)];
    column.begin = c * count / used;
    column.end = (c + 1) * count / used;
    for (int64_t s = column.begin; s < std::min(column.end, history.size()); ++s) {
      const uint16_t expert = history.entries[static_cast<std::size_t>(s)].expert;
      const auto known =
          std::ranges::find(column.snapshots, expert, &std::pair<uint16_t, int64_t>::first);
      if (known != column.snapshots.end()) {
        ++known->second;
      } else {
        column.snapshots.emplace_back(expert, 1);
      }
      if (history.flipsAt(s)) {
        column.first_flip = column.flips == 0 ? s : column.first_flip;
        ++column.flips;
      }
    }
  }
  return result;
}

}  // namespace limoe::gui
