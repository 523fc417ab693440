#include "gui/inspect/expert_gallery.h"

#include <QLabel>
#include <QPointer>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QToolButton>
#include <algorithm>
#include <map>
#include <utility>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"
#include "gui/inspect/expert_bars.h"
#include "gui/inspect/expert_flow.h"
#include "gui/inspect/expert_gallery_parts.h"
#include "gui/inspect/expert_gallery_tables.h"
#include "gui/inspect/expert_history.h"
#include "gui/inspect/expert_patches.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kFirstPatches = 12;
constexpr std::size_t kMostPictures = 512;
constexpr int kDimAfterMs = 150;  ///< what comes sooner replaces the old without a flicker

}  // namespace

struct ExpertGallery::State {
  State(ExpertGallery& the_gallery, ViewState& view_state, Digests& the_digests)
      : gallery(the_gallery), state(view_state), digests(the_digests) {}

  ExpertGallery& gallery;
  ViewState& state;
  Digests& digests;
  Flows flows;
  ExpertHistory history;
  QPointer<RunSource> source;
  GalleryParts parts;
  QTimer dim_timer;

  // What is looked at, and what of it is shown.
  int64_t layer = -1, expert = -1;
  int64_t layer_before_it = -1;  ///< where the expert with the same number was looked at before
  std::shared_ptr<const LayerDigest> digest;
  int64_t digest_expert = -1;
  bool is_current = false;  ///< `digest` is of what is looked at
  std::shared_ptr<const ExpertFlow> to, from;
  int64_t flow_expert = -1;
  bool flows_are_current = false;  ///< `to` and `from` likewise
  std::map<std::pair<int64_t, int64_t>, QString> flow_names;
  std::map<std::pair<int64_t, int64_t>, PatchTile> pictures;  ///< by sample and patch
  /// What the curve of the load was drawn of.
  struct LoadShown {
    int64_t version = -1, steps = 0, events = 0;  ///< capacities follow the events
    std::shared_ptr<const std::vector<int64_t>> text_tokens;
    int64_t layer = -1, expert = -1, snapshot = -1;
    bool all_tokens = true;
    bool operator==(const LoadShown&) const = default;
  };
  LoadShown load_shown;

  void connectParts();
  void clear();
  void refresh();
  bool findExpert(const RunData& run);
  void showHeader(const RunData& run);
  void showDigest(const RunData& run);
  void showPatches(const RunData& run, const ExpertDigest& of_expert);
  void fillPictures(const RunData& run);
  void showWords(const RunData& run, const ExpertDigest& of_expert);
  void showLoad(const RunData& run);
  void showFlows(const RunData& run);
  void showFlow(const RunData& run, const ExpertFlow& flow, bool is_to);
  void showWait();
  void showMessageOfWait() const;
  void setDimmed(bool dimmed) const;
  void goTo(int64_t other_layer, int64_t other_expert) const;
  QColor color(const RunData& run) const { return expertColor(expert, run.layout.experts); }
};

void ExpertGallery::State::connectParts() {
  const auto select = [this](const TokenRef& token) { state.setSelectedToken(token); };
  connect(parts.patch_grid, &ExpertItems::activated, &gallery, [this, select](int item) {
    select(parts.patch_grid->tiles()[static_cast<std::size_t>(item)].token.token);
  });
  connect(parts.word_chips, &ExpertItems::activated, &gallery, [this, select](int item) {
    select(parts.word_chips->chips()[static_cast<std::size_t>(item)].best.token);
  });
  connect(parts.load_curve, &ExpertItems::activated, &gallery, [this](int item) {
    state.setSnapshot(parts.load_curve->points()[static_cast<std::size_t>(item)].snapshot);
  });
  connect(parts.to_rows, &ExpertItems::activated, &gallery, [this](int item) {
    goTo(to->layer + 1, parts.to_rows->rows()[static_cast<std::size_t>(item)].share.expert);
  });
  connect(parts.from_rows, &ExpertItems::activated, &gallery, [this](int item) {
    goTo(from->layer, parts.from_rows->rows()[static_cast<std::size_t>(item)].share.expert);
  });
  connect(parts.name, &NameField::named, &gallery,
          [this](int64_t of_layer, int64_t of_expert, const QString& name) {
            state.setExpertName(of_layer, of_expert, name);
          });
  connect(parts.all_patches, &QToolButton::toggled, &gallery, [this] {
    digest_expert = -1;
    refresh();
  });
  parts.word_chips->caption_of = [this](int64_t sample) {
    const auto probe = source ? source->sample(sample) : nullptr;
    return probe && !probe->captions.empty() ? QString::fromStdString(probe->captions.front())
                                             : QString();
  };
  dim_timer.setSingleShot(true);
  dim_timer.setInterval(kDimAfterMs);
  connect(&dim_timer, &QTimer::timeout, &gallery, [this] { setDimmed(!is_current); });
}

void ExpertGallery::State::clear() {
  digest.reset();
  digest_expert = layer_before_it = -1;
  is_current = false;
  to.reset();
  from.reset();
  flow_expert = -1;
  history.clear();
  load_shown = {};
  pictures.clear();
}

/// Sets layer and expert, or says why there is none.
bool ExpertGallery::State::findExpert(const RunData& run) {
  const int64_t layer_before = std::exchange(layer, shownLayer(run, state.layer()));
  if (layer < 0) {
    parts.showMessage(
        tr("%1 is a dense model: it has no MoE layers, so there are no experts.").arg(run.name),
        false);
    return false;
  }
  const auto selected = state.selectedExpert();
  if (!selected || *selected < 0 || *selected >= run.layout.experts) {
    expert = layer_before_it = -1;
    parts.showMessage(
        tr("No expert is selected.\n\nClick one in the list of experts, or press its number. Its "
           "patches and words, labels, load and the experts that its tokens go to "
           "are shown here."),
        false);
    return false;
  }
  if (std::exchange(expert, *selected) != *selected) {
    layer_before_it = -1;
    parts.scroll->verticalScrollBar()->setValue(0);  // another one is read from its beginning
  } else if (layer_before >= 0 && layer_before != layer) {
    layer_before_it = layer_before;
  }
  if (state.snapshot() < 0 || state.snapshot() >= std::ssize(run.snapshot_steps)) {
    showHeader(run);
    parts.showMessage(tr("The first snapshot of the probe has not been recorded yet."), true);
    return false;
  }
  return true;
}

void ExpertGallery::State::refresh() {
  if (!gallery.isVisible()) {
    return;
  }
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  if (!run) {
    parts.showMessage(noDataTitle(source), false);
    parts.wait->rest();
    return;
  }
  if (!findExpert(*run)) {
    parts.wait->rest();
    return;
  }
  showHeader(*run);
  const auto found = digests.layer(state.snapshot(), layer, state.filter());
  is_current = found != nullptr;
  if (found && (found != digest || digest_expert != expert)) {
    digest = found;
    showDigest(*run);
    digest_expert = expert;
  }
  if (is_current) {
    dim_timer.stop();
    setDimmed(false);
  } else if (!dim_timer.isActive()) {
    dim_timer.start();
  }
  if (digest) {
    parts.showSections();
    parts.patch_grid->setSelected(state.selectedToken());
    parts.word_chips->setSelected(state.selectedToken());
    showLoad(*run);
    showFlows(*run);
  } else {
    parts.showMessage({}, true);
  }
  showWait();
}

void ExpertGallery::State::showHeader(const RunData& run) {
  parts.swatch->setColor(color(run));
  parts.title->setText(tr("%1 · %2").arg(layerName(run, layer), expertTitle(state, layer, expert)));
  parts.other->setVisible(layer_before_it >= 0);
  if (layer_before_it >= 0) {
    parts.other->setText(
        tr("Another expert than %1 of %2: experts belong to their layer.")
            .arg(expertTitle(state, layer_before_it, expert), layerName(run, layer_before_it)));
  }
  parts.place->setText(
      QStringLiteral("%1 · %2").arg(layerTitle(run, layer), stepTitle(run, state.snapshot())));
  parts.name->showName(layer, expert, state.expertName(layer, expert));
  const QString filter = inWords(state.filter(), run.layout);
  QFont font = gallery.font();
  font.setBold(!filter.isEmpty());
  parts.counted->setFont(font);
  parts.counted->setForegroundRole(filter.isEmpty() ? QPalette::PlaceholderText
                                                    : QPalette::WindowText);
  parts.counted->setText(filter.isEmpty() ? tr("Counted: %1.").arg(countingRule(run))
                                          : tr("Counts only: %1").arg(filter));
  parts.counted->setToolTip(tr("Counted: %1.").arg(countingRule(run)));
}

void ExpertGallery::State::showDigest(const RunData& run) {
  const ExpertDigest& of_expert = digest->experts[static_cast<std::size_t>(expert)];
  showPatches(run, of_expert);
  showWords(run, of_expert);
  showLifts(parts, run, *digest, expert);
  showCounts(parts, run, *digest, expert);
}

void ExpertGallery::State::showPatches(const RunData& run, const ExpertDigest& of_expert) {
  const GallerySection& section = parts.patches;
  section.box->setVisible(hasModality(run, layer, probe::kImage));
  section.setTitle(tr("Top patches"),
                   tr("Kept first choices with the highest gate (the number below each), of the "
                      "whole probe: first the best patch of every image, then further ones. "
                      "The patch is outlined; around it are its neighbours."));
  const std::size_t all = of_expert.top_patches.size();
  const std::size_t shown = parts.all_patches->isChecked() ? all : std::min(all, kFirstPatches);
  std::vector<PatchTile> tiles(shown);
  for (std::size_t i = 0; i < shown; ++i) {
    const RankedToken& token = of_expert.top_patches[i];
    const auto known = pictures.find({token.token.sample, token.token.position});
    if (known != pictures.end()) {
      tiles[i] = known->second;
    }
    tiles[i].token = token;
  }
  parts.patch_grid->setTiles(std::move(tiles), run.layout, color(run));
  section.setNote(all == 0 ? tr("It keeps no patch here.")
                           : tr("by gate (below each); the best of every image first"));
  parts.all_patches->setVisible(all > kFirstPatches);
  parts.all_patches->setText(parts.all_patches->isChecked()
                                 ? tr("Show the first %1").arg(kFirstPatches)
                                 : tr("Show all %1").arg(all));
  fillPictures(run);
}

void ExpertGallery::State::fillPictures(const RunData& run) {
  const auto& tiles = parts.patch_grid->tiles();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (!tiles[i].picture.isNull()) {
      continue;
    }
    const RankedToken token = tiles[i].token;
    const auto sample = source->sample(token.token.sample);
    if (!sample) {
      continue;  // asked for
    }
    PatchTile tile = cutPatch(run.layout, *sample, token);
    if (pictures.size() >= kMostPictures) {
      pictures.clear();
    }
    pictures[{token.token.sample, token.token.position}] = tile;
    parts.patch_grid->setTile(static_cast<int>(i), std::move(tile));
  }
}

void ExpertGallery::State::showWords(const RunData& run, const ExpertDigest& of_expert) {
  const GallerySection& section = parts.words;
  section.box->setVisible(hasModality(run, layer, probe::kText));
  const std::size_t all = of_expert.top_words.size();
  section.setTitle(
      all == 0 ? tr("Top words")
               : tr("Top words · of the %1 highest gates, same ones counted").arg(all),
      tr("Word pieces of the kept first choices with the highest gate, of all that match the "
         "filter: first the best of every caption, then further ones. ×n: how many of these are "
         "this piece, most first. How many it keeps in all is counted under “Its word pieces”."));
  parts.word_chips->setChips(wordChips(*digest, expert), all, color(run));
  section.setNote(all == 0 ? tr("It keeps no word here.")
                           : tr("×n: of these; all that it keeps are counted below"));
}

void ExpertGallery::State::showLoad(const RunData& run) {
  history.gather(*source, run);
  const auto missing = std::ssize(run.snapshot_steps) - history.gathered();
  const LoadShown now{history.version(),
                      std::ssize(run.snapshot_steps),
                      std::ssize(run.events),
                      run.text_tokens,
                      layer,
                      expert,
                      state.snapshot(),
                      state.filter().isEmpty()};
  if (std::exchange(load_shown, now) == now) {
    return;
  }
  const GallerySection& section = parts.load;
  parts.load_curve->setPoints(history.points(run, layer, expert), state.snapshot(), color(run));
  const bool against_capacity = parts.load_curve->isAgainstCapacity();
  section.setTitle(
      tr("Load over time"),
      against_capacity
          ? tr("Kept tokens / what its capacity allows over the probe, at every recorded step. "
               "Click a step to look at it.")
          : tr("Its share of the layer’s kept tokens at every recorded step (its capacity is not "
               "known). Click a step to look at it."));
  QString note = against_capacity ? tr("kept / capacity, all tokens of the probe")
                                  : tr("share of the layer’s kept tokens, all of the probe");
  if (!state.filter().isEmpty()) {
    note += tr("; not filtered: the filter is applied to one step at a time");
  }
  if (missing > 0) {
    note += tr(" · %1 steps are being read").arg(missing);
  }
  section.setNote(note);
}

void ExpertGallery::State::showFlows(const RunData& run) {
  const bool has_next = hasNextLayer(run, layer);
  const bool has_last = hasNextLayer(run, layer - 1);
  parts.to.box->setVisible(has_next);
  parts.from.box->setVisible(has_last);
  flows_are_current = false;
  if (!is_current) {
    return;  // one after the other: the digest first
  }
  const auto now_to =
      has_next ? flows.flow(state.snapshot(), layer, state.filter(), FilterLayer::From) : nullptr;
  const auto now_from =
      has_last ? flows.flow(state.snapshot(), layer - 1, state.filter(), FilterLayer::To) : nullptr;
  const bool same = flow_expert == expert && flow_names == state.expertNames();
  if (now_to && !(same && now_to == to)) {
    showFlow(run, *now_to, true);
  }
  if (now_from && !(same && now_from == from)) {
    showFlow(run, *now_from, false);
  }
  flows_are_current = (now_to || !has_next) && (now_from || !has_last);
  to = now_to ? now_to : to;
  from = now_from ? now_from : from;
  if (flows_are_current) {
    flow_expert = expert;
    flow_names = state.expertNames();
    parts.to_rows->setDimmed(false);
    parts.from_rows->setDimmed(false);
  } else if (!dim_timer.isActive()) {
    dim_timer.start();
  }
}

void ExpertGallery::State::showFlow(const RunData& run, const ExpertFlow& flow, bool is_to) {
  const GallerySection& section = is_to ? parts.to : parts.from;
  const int64_t other = is_to ? flow.layer + 1 : flow.layer;
  const auto shares = is_to ? flowsTo(flow, expert) : flowsFrom(flow, expert);
  uint64_t all = 0;
  for (const FlowShare& share : shares) {
    all += share.total();
  }
  const auto title = [&](const FlowShare& share) {
    switch (share.expert) {
      case FlowShare::kDropped:
        return tr("dropped there");
      case FlowShare::kOthers:
        return tr("the others");
      default:
        return expertTitle(state, other, share.expert);
    }
  };
  std::vector<FlowRows::Row> rows;
  for (const FlowShare& share : shares) {
    rows.push_back({share, title(share),
                    share.expert < 0 ? gallery.palette().color(QPalette::PlaceholderText)
                                     : expertColor(share.expert, run.layout.experts),
                    static_cast<double>(share.total()) / static_cast<double>(all)});
  }
  (is_to ? parts.to_rows : parts.from_rows)->setRows(std::move(rows));
  section.setTitle(
      (is_to ? tr("Where its tokens go: %1") : tr("Where its tokens come from: %1"))
          .arg(layerTitle(run, other)),
      is_to ? tr("The tokens that it kept as their first choice, by the expert that kept them as "
                 "their first choice in the next MoE layer.")
            : tr("The tokens that it kept as their first choice, by the expert that kept them as "
                 "their first choice in the MoE layer before."));
  section.setNote(all == 0
                      ? tr("It keeps no token here.")
                      : tr("%1 tokens, kept first choices of both layers").arg(countText(all)));
}

/// For the digest; then for the flows, which are asked for one after the other.
void ExpertGallery::State::showWait() {
  const int64_t snapshot = state.snapshot();
  std::vector<WalkBar::Wait> waits;
  if (!is_current) {
    waits.push_back({&digests, Digests::question(snapshot, layer, state.filter())});
  } else {
    for (const FilterLayer end : {FilterLayer::From, FilterLayer::To}) {
      const int64_t first = end == FilterLayer::From ? layer : layer - 1;
      const std::shared_ptr<const RunData> run = source->data();
      if (hasNextLayer(*run, first)) {
        waits.push_back({&flows, Flows::question(snapshot, first, state.filter(), end)});
      }
    }
  }
  parts.wait->follow(is_current ? tr("Reading where its tokens go") : tr("Reading the probe"),
                     std::move(waits));
  showMessageOfWait();
}

void ExpertGallery::State::showMessageOfWait() const {
  const Standing::Kind kind = parts.wait->standing().kind;
  if (digest || kind == Standing::Kind::Unasked) {
    return;
  }
  parts.message->setText(
      kind == Standing::Kind::Waiting   ? tr("What it takes is shown when the probe has been read.")
      : kind == Standing::Kind::Stopped ? tr("Nothing is shown: the probe was not read to its end.")
                                        : QString());
}

void ExpertGallery::State::setDimmed(bool dimmed) const {
  for (ExpertItems* items : {parts.patches.items, parts.words.items, parts.labels.items,
                             parts.pieces.items, parts.caption_words.items}) {
    items->setDimmed(dimmed);
  }
  parts.modality_bar->setEnabled(!dimmed);
  parts.counts->setEnabled(!dimmed);
  for (FlowRows* rows : {parts.to_rows, parts.from_rows}) {
    rows->setDimmed(dimmed || !flows_are_current);
  }
}

void ExpertGallery::State::goTo(int64_t other_layer, int64_t other_expert) const {
  if (other_expert < 0) {
    return;
  }
  state.setLayer(other_layer);
  if (state.selectedExpert() != other_expert) {
    state.toggleSelectedExpert(other_expert);
  }
}

ExpertGallery::ExpertGallery(ViewState& state, Digests& digests, QWidget* parent)
    : QWidget(parent), gallery_(std::make_unique<State>(*this, state, digests)) {
  State* gallery = gallery_.get();
  gallery->parts.build(*this);
  gallery->connectParts();
  const auto refresh = [gallery] { gallery->refresh(); };
  connect(&state, &ViewState::changed, this, refresh);
  for (WalkCache* cache :
       {static_cast<WalkCache*>(&digests), static_cast<WalkCache*>(&gallery->flows)}) {
    connect(cache, &WalkCache::ready, this, refresh);
    connect(cache, &WalkCache::failed, this, refresh);
    connect(cache, &WalkCache::progressed, this, [gallery] { gallery->showMessageOfWait(); });
  }
  gallery->refresh();
}

ExpertGallery::~ExpertGallery() {
  // It may lose the focus while the widgets go, when what it would name has gone.
  gallery_->parts.name->disconnect(this);
}

void ExpertGallery::setSource(RunSource* source) {
  if (gallery_->source) {
    gallery_->source->disconnect(this);
  }
  gallery_->source = source;
  gallery_->flows.setSource(source);
  gallery_->clear();
  if (source) {
    connect(source, &RunSource::dataChanged, this, [this] { gallery_->refresh(); });
    connect(source, &RunSource::pageReady, this, [this] {
      const auto run = gallery_->source->data();
      if (run && gallery_->digest && isVisible() && gallery_->parts.scroll->isVisible()) {
        gallery_->fillPictures(*run);
        gallery_->showLoad(*run);
      }
    });
  }
  gallery_->refresh();
}

QSize ExpertGallery::sizeHint() const {
  return {330, 600};
}

void ExpertGallery::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  gallery_->refresh();
}

}  // namespace limoe::gui
