#include "gui/compare/compare_runs.h"

#include <QScopedValueRollback>
#include <QSignalBlocker>
#include <QTimer>
#include <algorithm>
#include <set>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

/// So many colours tell experts apart; what has no partner and no colour of its own is grey.
constexpr int64_t kMostColors = 40;
const QColor kNoPartner(0x80, 0x80, 0x80);

void selectExpert(ViewState& state, std::optional<int64_t> expert) {
  const auto now = state.selectedExpert();
  if (now == expert) {
    return;
  }
  state.toggleSelectedExpert(expert ? *expert : *now);
}

void soloExpert(ViewState& state, std::optional<int64_t> expert) {
  const auto now = state.soloExpert();
  if (now == expert) {
    return;
  }
  state.toggleSolo(expert ? *expert : *now);
}

void hideExperts(ViewState& state, const std::set<int64_t>& hidden) {
  const std::set<int64_t> now = state.hiddenExperts();
  for (const int64_t expert : now) {
    if (!hidden.contains(expert)) {
      state.toggleHidden(expert);
    }
  }
  for (const int64_t expert : hidden) {
    if (!now.contains(expert)) {
      state.toggleHidden(expert);
    }
  }
}

}  // namespace

CompareColumn::CompareColumn(RunSource* source) : run(source), common(source) {
  digests.setSource(&common);
  tables.setSource(&common);
  keys.setSource(source);
}

QString CompareColumn::name() const {
  const auto now = run ? run->data() : nullptr;
  return now ? now->name : QObject::tr("opening …");
}

int64_t CompareColumn::layers() const {
  const auto now = data();
  return now ? now->layout.layers : 0;
}

int64_t CompareColumn::step() const {
  const auto now = data();
  const int64_t snapshot = state.snapshot();
  return now && snapshot >= 0 && snapshot < std::ssize(now->snapshot_steps)
             ? now->snapshot_steps[static_cast<std::size_t>(snapshot)]
             : -1;
}

CompareRuns::CompareRuns(ViewState& shared, QObject* parent) : QObject(parent), shared_(shared) {
  connect(&shared, &ViewState::changed, this, &CompareRuns::schedule);
}

CompareRuns::~CompareRuns() = default;

void CompareRuns::setSources(const std::vector<RunSource*>& sources) {
  Q_EMIT columnsAboutToChange();
  columns_.clear();
  common_of_.clear();
  agreement_.reset();
  agreement_of_.clear();
  for (RunSource* source : sources) {
    columns_.push_back(std::make_unique<CompareColumn>(source));
    CompareColumn& column = *columns_.back();
    const std::size_t index = columns_.size() - 1;
    connect(&column.keys, &ProbeKeys::changed, this, &CompareRuns::schedule);
    connect(&column.common, &RunSource::dataChanged, this, &CompareRuns::schedule);
    connect(&column.common, &RunSource::pageReady, this, &CompareRuns::changed);
    connect(&column.tables, &WalkCache::ready, this, &CompareRuns::schedule);
    connect(&column.tables, &WalkCache::progressed, this, &CompareRuns::changed);
    connect(&column.tables, &WalkCache::failed, this, &CompareRuns::schedule);
    connect(&column.digests, &WalkCache::ready, this, &CompareRuns::schedule);
    connect(&column.digests, &WalkCache::progressed, this, &CompareRuns::changed);
    connect(&column.state, &ViewState::changed, this, [this, index] { takeSelection(index); });
  }
  Q_EMIT columnsChanged();
  refresh();
}

void CompareRuns::setActive(bool active) {
  active_ = active;
  schedule();
}

void CompareRuns::schedule() {
  if (active_ && !std::exchange(scheduled_, true)) {
    QTimer::singleShot(0, this, [this] {
      scheduled_ = false;
      refresh();
    });
  }
}

void CompareRuns::refresh() {
  if (columns_.empty()) {
    return;
  }
  {
    const QScopedValueRollback guard(forwarding_, true);
    findCommonSamples();
    forwardStepAndLayer();
    forwardLook();
    match();
    colour();
    forwardSelection();
  }
  Q_EMIT changed();
}

void CompareRuns::findCommonSamples() {
  std::vector<std::shared_ptr<const std::vector<SampleKey>>> keys;
  for (const auto& column : columns_) {
    keys.push_back(column->keys.keys());
    if (!keys.back()) {
      return;
    }
  }
  if (keys == common_of_) {
    return;
  }
  common_of_ = keys;
  std::vector<const std::vector<SampleKey>*> others;
  for (std::size_t c = 1; c < keys.size(); ++c) {
    others.push_back(keys[c].get());
  }
  CommonSamples common = limoe::gui::commonSamples(*keys[0], others);
  const auto reference = columns_[0]->run->data();
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    CompareColumn& column = *columns_[c];
    const auto own = column.run->data();
    column.comparable.patches = own->layout.patch_rows == reference->layout.patch_rows &&
                                own->layout.patch_columns == reference->layout.patch_columns;
    if (c > 0) {
      column.has_common = !common.others[c - 1].empty();
      column.comparable.texts = std::move(common.same_pieces[c - 1]);
      column.common.setSamples(std::move(common.others[c - 1]));
    } else {
      column.has_common = !common.reference.empty();
      column.common.setSamples(std::move(common.reference));
    }
    // What they know is of other samples.
    column.digests.setSource(&column.common);
    column.tables.setSource(&column.common);
  }
  Q_EMIT samplesChanged();
}

std::optional<int64_t> CompareRuns::commonSamples() const {
  return common_of_.empty() ? std::nullopt
                            : std::optional(std::ssize(columns_[0]->common.samples()));
}

int64_t CompareRuns::step() const {
  const auto run = columns_.empty() ? nullptr : columns_[0]->data();
  const int64_t snapshot = shared_.snapshot();
  return run && snapshot >= 0 && snapshot < std::ssize(run->snapshot_steps)
             ? run->snapshot_steps[static_cast<std::size_t>(snapshot)]
             : -1;
}

void CompareRuns::forwardStepAndLayer() {
  const int64_t wanted = step();
  const int64_t layers = columns_[0]->layers();
  for (const auto& column : columns_) {
    const auto run = column->data();
    if (!run) {
      continue;
    }
    const auto& steps = run->snapshot_steps;
    const auto after = std::upper_bound(steps.begin(), steps.end(), wanted);
    column->state.setSnapshot(wanted < 0 ? -1 : after - steps.begin() - 1);
    int64_t layer = shared_.layer();
    if (column->layers() == layers) {
      column->chosen_layer.reset();
    } else if (column->chosen_layer) {
      layer = *column->chosen_layer;
    }
    column->state.setLayer(
        std::clamp<int64_t>(layer, 0, std::max<int64_t>(column->layers() - 1, 0)));
  }
}

void CompareRuns::chooseLayer(std::size_t column, int64_t layer) {
  columns_[column]->chosen_layer = layer;
  schedule();
}

void CompareRuns::forwardLook() {
  for (const auto& column : columns_) {
    ViewState& state = column->state;
    state.setOverlayStyle(shared_.overlayStyle());
    state.setOverlayShade(shared_.overlayShade());
    state.setOverlayVisible(shared_.overlayVisible() && !shows_disagreement_);
    state.setOverlayColor(shared_.overlayColor());
    state.setOpacity(shared_.opacity());
    state.setWallOrder(shared_.wallOrder(), shared_.orderWord());
  }
  columns_[0]->state.setExpertNames(shared_.expertNames());
}

void CompareRuns::forwardSelection() {
  // An expert without a partner is one that no token has: all others are dimmed.
  const auto partner = [](const CompareColumn& column, int64_t expert) {
    const auto found = column.match ? column.match->experts.partnerOfA(expert) : std::nullopt;
    const auto run = column.data();
    return found.value_or(run ? run->layout.experts : 0);
  };
  std::optional<TokenRef> token = shared_.selectedToken();
  if (token) {
    const auto& places = columns_[0]->common.samples();
    const auto place = std::ranges::lower_bound(places, token->sample);
    if (place == places.end() || *place != token->sample) {
      token.reset();
    } else {
      token->sample = place - places.begin();
    }
  }
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    CompareColumn& column = *columns_[c];
    const auto to_own = [&](std::optional<int64_t> expert) {
      return expert && c > 0 ? std::optional(partner(column, *expert)) : expert;
    };
    selectExpert(column.state, to_own(shared_.selectedExpert()));
    soloExpert(column.state, to_own(shared_.soloExpert()));
    std::set<int64_t> hidden;
    for (const int64_t expert : shared_.hiddenExperts()) {
      hidden.insert(*to_own(expert));
    }
    hideExperts(column.state, hidden);
    TokenFilter filter = shared_.filter();
    filter.expert = to_own(filter.expert);
    column.state.setFilter(filter);
    const auto run = column.data();
    const int64_t positions = !run || !token                     ? 0
                              : token->modality == probe::kImage ? run->layout.patches()
                                                                 : run->layout.text_length;
    const bool there = token && token->position < positions &&
                       (column.comparable.patches || token->modality == probe::kText);
    column.state.setSelectedToken(there ? token : std::nullopt);
  }
}

void CompareRuns::takeSelection(std::size_t index) {
  if (forwarding_) {
    return;
  }
  const CompareColumn& column = *columns_[index];
  const auto token = column.state.selectedToken();
  if (!token && !column.state.selectedExpert()) {
    shared_.clearSelection();
  } else if (token) {
    const auto& places = columns_[0]->common.samples();
    if (token->sample < std::ssize(places)) {
      shared_.setSelectedToken(TokenRef{places[static_cast<std::size_t>(token->sample)],
                                        token->modality, token->position});
    }
  }
  schedule();
}

QString CompareRuns::problemOf(const CompareColumn& column) const {
  const CompareColumn& reference = *columns_[0];
  if (!column.data() || !reference.data() || common_of_.empty()) {
    return {};
  }
  if (!column.has_common) {
    return tr("no image in common with %1").arg(reference.name());
  }
  if (column.layers() == 0) {
    return tr("a dense model: it has no experts");
  }
  if (reference.layers() == 0) {
    return tr("%1 is dense: it has no experts to match").arg(reference.name());
  }
  if (reference.step() < 0) {
    return tr("no step of %1 is recorded yet").arg(reference.name());
  }
  return column.step() < 0 ? tr("no step recorded at or before step %1").arg(step()) : QString();
}

void CompareRuns::match() {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    CompareColumn& column = *columns_[c];
    column.problem = problemOf(column);
    if (!column.problem.isEmpty()) {
      column.table.reset();
      column.match.reset();
    } else if (column.data() && !common_of_.empty()) {
      // While it is counted the one before stays; of another layer it would be wrong.
      auto table = column.tables.table(column.state.snapshot(), column.state.layer());
      const std::pair layers(columns_[0]->state.layer(), column.state.layer());
      if (table || layers != column.match_layers) {
        column.table = std::move(table);
      }
      if (layers != column.match_layers) {
        column.match.reset();
        column.match_layers = layers;
      }
    }
  }
  std::vector<OtherRun> others;
  std::vector<std::shared_ptr<const ChoiceTable>> counted{columns_[0]->table};
  for (std::size_t c = 1; c < columns_.size(); ++c) {
    CompareColumn& column = *columns_[c];
    matchColumn(column);
    if (column.match && column.matched && column.comparable.patches) {
      others.push_back({column.matched.get(), &column.match->experts});
      counted.push_back(column.matched);
    }
  }
  if (others.empty() || !columns_[0]->table) {
    agreement_.reset();
    agreement_of_.clear();
  } else if (counted != agreement_of_) {
    agreement_ = patchesThatAllAgreeOn(*columns_[0]->table, others);
    agreement_of_ = std::move(counted);
  }
}

void CompareRuns::matchColumn(CompareColumn& column) {
  const auto& reference = columns_[0]->table;
  if (!column.problem.isEmpty() || !column.table || !reference) {
    return;
  }
  if (column.match && column.matched == column.table && column.reference_table == reference) {
    return;
  }
  column.reference_table = reference;
  column.matched = column.table;
  const TogetherCounts counts = countTogether(*reference, *column.table, column.comparable);
  ColumnMatch match;
  match.experts = matchExperts(counts.all());
  for (std::size_t m = 0; m < 2; ++m) {
    match.by_modality[m] = shareInPairs(counts.by_modality[m], match.experts);
  }
  match.samples = std::min(reference->samples, column.table->samples);
  column.match = std::move(match);
  if (column.match->experts.tokens == 0) {
    column.match.reset();
    column.problem = column.comparable.patches ? tr("no token that both process in these layers")
                                               : tr("other patches, and no word that both process");
  }
}

void CompareRuns::colour() {
  const int64_t of_reference = columns_[0]->data() ? columns_[0]->data()->layout.experts : 0;
  for (std::size_t c = 1; c < columns_.size(); ++c) {
    CompareColumn& column = *columns_[c];
    const auto run = column.data();
    if (!run || !column.match) {
      column.state.setExpertColors({});
      continue;
    }
    // Experts without a partner get colours that no expert of the reference has.
    const ExpertMatch& match = column.match->experts;
    const int64_t colors = of_reference + std::ssize(match.unmatched_b);
    std::vector<QColor> of_experts;
    int64_t next = of_reference;
    for (int64_t e = 0; e < run->layout.experts; ++e) {
      if (const auto a = match.partnerOfB(e)) {
        of_experts.push_back(expertColor(*a, of_reference));
      } else {
        of_experts.push_back(next < kMostColors ? expertColor(next, colors) : kNoPartner);
        ++next;
      }
    }
    column.state.setExpertColors(std::move(of_experts));
  }
}

void CompareRuns::setShowsDisagreement(bool shows) {
  if (std::exchange(shows_disagreement_, shows) != shows) {
    schedule();
  }
}

std::optional<int64_t> CompareRuns::standsFor(std::size_t column, int64_t expert) const {
  const auto& match = columns_[column]->match;
  return column == 0 ? std::optional(expert)
         : match     ? match->experts.partnerOfB(expert)
                     : std::nullopt;
}

QString CompareRuns::pairInWords(std::size_t column, int64_t expert) const {
  const auto& match = columns_[column]->match;
  if (column == 0 || !match || expert < 0) {
    return {};
  }
  const QString name = columns_[0]->name();
  const auto pair = std::ranges::find(match->experts.pairs, expert, &ExpertPair::b);
  if (pair == match->experts.pairs.end()) {
    return tr("e%1: no partner in %2").arg(expert).arg(name);
  }
  return tr("e%1 = %2 of %3, %4")
      .arg(expert)
      .arg(expertTitle(shared_, columns_[0]->layer(), pair->a), name, percentText(pair->f1()));
}

QString CompareRuns::waitingFor() const {
  QStringList words;
  for (const auto& column : columns_) {
    if (!column->keys.failure().isEmpty()) {
      words << tr("%1: %2").arg(column->name(), column->keys.failure());
    } else if (!column->keys.keys()) {
      words << tr("reading the captions of %1: %2")
                   .arg(column->name(), percentText(column->keys.progress(), 0));
    }
  }
  return words.join(tr(" · "));
}

std::vector<std::pair<QPointer<WalkCache>, Question>> CompareRuns::waits() const {
  std::vector<std::pair<QPointer<WalkCache>, Question>> waits;
  for (const auto& column : columns_) {
    if (column->problem.isEmpty() && column->step() >= 0 && !common_of_.empty()) {
      waits.emplace_back(&column->tables,
                         ChoiceTables::question(column->state.snapshot(), column->layer()));
    }
  }
  return waits;
}

}  // namespace limoe::gui
