#include "gui/inspect/token_similar_view.h"

#include <QHBoxLayout>
#include <QHideEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/canvas/token_readout.h"
#include "gui/inspect/token_picture.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/number_text.h"
#include "gui/view/token_place.h"

namespace limoe::gui {
namespace {

constexpr int64_t kPiecesBefore = 2;
constexpr int kRestMs = 200;  ///< the user has stopped stepping through time

/// The piece with the two before it and what follows: "… words on signs".
QString contextOf(const probe::ProbeSet& sample, int64_t position) {
  const int64_t first = std::max<int64_t>(0, position - kPiecesBefore);
  QString text;
  for (auto t = static_cast<std::size_t>(first); t < sample.pieces.size(); ++t) {
    text += QString::fromStdString(sample.pieces[t]);
  }
  text = text.replace(QChar(0x2581), QLatin1Char(' ')).trimmed();
  return first > 0 ? QStringLiteral("… ") + text : text;
}

QString measureDefinition(SimilarityMeasure measure) {
  return measure == SimilarityMeasure::Divergence
             ? TokenSimilarView::tr(
                   "The number is the mean over the MoE layers of the Jensen–Shannon divergence "
                   "between the two tokens’ distributions over experts, H((p + q) / 2) − (H(p) + "
                   "H(q)) / 2 in nats: 0 where they are the same, ln 2 = 0.693 where they share "
                   "no expert.")
             : TokenSimilarView::tr(
                   "The number is in how many MoE layers both tokens have the same first choice; "
                   "among equals the smaller mean |difference of the first choices’ gates| over "
                   "the layers comes first. Whole distributions are not recorded in this run.");
}

QString valueOf(const SimilarTokens& found, const SimilarToken& token) {
  return found.measure == SimilarityMeasure::Divergence
             ? gateDigits(token.divergence)
             : TokenSimilarView::tr("%1 of %2").arg(token.same_layers).arg(found.layers);
}

QString tipOf(const SimilarTokens& found, const SimilarToken& token, const probe::Layout& layout) {
  const QString place = placeInWords(layout, token.token);
  if (found.measure == SimilarityMeasure::Divergence) {
    return TokenSimilarView::tr("%1: mean Jensen–Shannon divergence %2 nats over %3 MoE layers")
        .arg(place, gateDigits(token.divergence))
        .arg(found.layers);
  }
  return TokenSimilarView::tr(
             "%1: same first choice in %2 of %3 MoE layers, mean |gate difference| %4")
      .arg(place)
      .arg(token.same_layers)
      .arg(found.layers)
      .arg(gateDigits(token.gate_difference));
}

}  // namespace

TokenSimilarView::TokenSimilarView(ViewState& state, QWidget* parent)
    : QWidget(parent),
      state_(state),
      note_(new QLabel(this)),
      button_(new QPushButton(this)),
      wait_(new WalkBar(this)),
      grid_(new TokenSimilarGrid(this)) {
  build();
  start_.setSingleShot(true);
  start_.setInterval(kRestMs);
  connect(&start_, &QTimer::timeout, this, &TokenSimilarView::search);
  connect(button_, &QPushButton::clicked, this, &TokenSimilarView::pressed);
  connect(grid_, &TokenSimilarGrid::chosen, this,
          [this](const TokenRef& token) { state_.setSelectedToken(token); });
  connect(note_, &QLabel::linkActivated, this, [this] {
    state_.setSelectedToken(found_ ? std::optional(found_->token) : std::nullopt);
  });
  connect(&similars_, &WalkCache::ready, this, &TokenSimilarView::refresh);
  connect(&similars_, &WalkCache::progressed, this, &TokenSimilarView::refresh);
  refresh();
}

TokenSimilarView::~TokenSimilarView() = default;

void TokenSimilarView::build() {
  note_->setObjectName(QStringLiteral("similarNote"));
  button_->setObjectName(QStringLiteral("findSimilar"));
  button_->setText(tr("Find similar"));
  button_->setToolTip(tr("Compare the token with every other of the probe"));
  note_->setWordWrap(true);
  note_->setForegroundRole(QPalette::PlaceholderText);
  note_->setTextFormat(Qt::RichText);
  note_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  auto* row = new QHBoxLayout;
  row->addWidget(button_);
  row->addStretch();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(note_);
  layout->addWidget(grid_);
  layout->addLayout(row);
  layout->addWidget(wait_);
}

void TokenSimilarView::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  giveUp();
  found_.reset();
  cards_.clear();
  source_ = source;
  similars_.setSource(source);
  if (source) {
    connect(source, &RunSource::pageReady, this, &TokenSimilarView::fillCards);
  }
  refresh();
}

void TokenSimilarView::giveUp() {
  start_.stop();
  if (asked_) {
    similars_.drop(*std::exchange(asked_, std::nullopt));
  }
}

void TokenSimilarView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  if (!event->spontaneous()) {  // else the window is iconified
    giveUp();
  }
}

bool TokenSimilarView::isSearching() const {
  return asked_ && similars_.standing(*asked_).kind == Standing::Kind::Waiting;
}

std::optional<TokenRef> TokenSimilarView::subject() const {
  const std::optional<TokenRef> selected = state_.selectedToken();
  const auto is_selected = [&](const SimilarToken& one) { return one.token == selected; };
  const bool among_found = found_ && selected && std::ranges::any_of(found_->nearest, is_selected);
  return among_found ? found_->token : selected;
}

bool TokenSimilarView::isUpToDate() const {
  return found_ && found_->token == subject() && found_->snapshot == state_.snapshot();
}

/// Drops what is about another token, another step or steps that a resumed run took back.
void TokenSimilarView::dropStale(const RunData& run) {
  if (found_ && (!found_stamp_.holdsIn(run) || found_->token != subject())) {
    found_.reset();
    cards_.clear();
  }
  if (!asked_) {
    return;
  }
  const bool other_token = asked_->token != subject() && asked_->token != state_.selectedToken();
  const bool other_step = asked_->snapshot != state_.snapshot() && !state_.followsNewest();
  if (other_token || other_step || !asked_stamp_.holdsIn(run)) {
    giveUp();
  }
}

void TokenSimilarView::refresh() {
  const auto run = source_ ? source_->data() : nullptr;
  const std::optional<TokenRef> selected = state_.selectedToken();
  const bool possible = run && selected && run->layout.layers > 0 && state_.snapshot() >= 0 &&
                        state_.snapshot() < std::ssize(run->snapshot_steps);
  setVisible(possible);
  if (!possible) {
    giveUp();
    found_.reset();
    cards_.clear();
    showCards();
    return;
  }
  dropStale(*run);
  takeAnswer(*run);
  if (run->layout.samples <= kSmallProbe && isVisible() && !asked_ && !isUpToDate()) {
    start_.start();
  }
  showCards();
  showWords(*run);
}

void TokenSimilarView::showWords(const RunData& run) {
  const bool from_list = found_ && state_.selectedToken() != found_->token;
  button_->setText(from_list ? tr("Find similar to this one") : tr("Find similar"));
  button_->setToolTip(tr("Compare the token with every other of the %1 probe samples, in all MoE "
                         "layers at this step")
                          .arg(countText(static_cast<uint64_t>(run.layout.samples))));
  button_->setVisible(!asked_ && (from_list || !(isUpToDate() || start_.isActive())));
  if (asked_) {
    wait_->follow(tr("Comparing with all tokens of the probe"), {{&similars_, *asked_}});
  } else {
    wait_->rest();
  }
  if (!found_) {
    note_->setText(
        tr("Tokens of the same kind, over the whole probe, that the routers treat most "
           "alike in all MoE layers at this step."));
    note_->setToolTip(measureDefinition(run.layout.probabilities
                                            ? SimilarityMeasure::Divergence
                                            : SimilarityMeasure::FirstChoices));
    return;
  }
  const QString place = placeInWords(run.layout, found_->token);
  const QString what = found_->token.modality == probe::kImage ? tr("patches") : tr("text tokens");
  note_->setText(
      tr("The %1 nearest of %2 %3 to %4 at step %5, by %6 over %7 MoE layers; at most %8 of one "
         "image.")
          .arg(found_->nearest.size())
          .arg(countText(static_cast<uint64_t>(found_->compared)), what,
               from_list ? QStringLiteral("<a href=\"back\">%1</a>").arg(place) : place)
          .arg(found_step_)
          .arg(found_->measure == SimilarityMeasure::Divergence
                   ? tr("mean Jensen–Shannon divergence (nats)")
                   : tr("layers with the same first choice, then mean |gate difference|,"))
          .arg(found_->layers)
          .arg(TokenSimilarity::kPerImage));
  note_->setToolTip(measureDefinition(found_->measure));
}

void TokenSimilarView::pressed() {
  if (found_ && state_.selectedToken() != found_->token) {
    found_.reset();
    cards_.clear();
  }
  search();
}

void TokenSimilarView::search() {
  const auto run = source_ ? source_->data() : nullptr;
  const std::optional<TokenRef> token = subject();
  start_.stop();
  if (!run || !token || token->sample >= run->layout.samples) {
    return;
  }
  asked_ = Similars::question(state_.snapshot(), *token);
  asked_stamp_ = DecisionsStamp(*run);
  refresh();
}

void TokenSimilarView::takeAnswer(const RunData& run) {
  const auto answer = asked_ ? similars_.of(*asked_) : nullptr;
  if (!answer) {
    return;
  }
  found_ = answer;
  found_step_ = run.snapshot_steps[static_cast<std::size_t>(answer->snapshot)];
  found_stamp_ = asked_stamp_;
  asked_.reset();
  cards_.clear();
  has_texts_.assign(answer->nearest.size(), false);
  for (const SimilarToken& one : answer->nearest) {
    TokenCard card;
    card.token = one.token;
    card.value = valueOf(*answer, one);
    card.tip = tipOf(*answer, one, run.layout);
    cards_.push_back(card);
  }
  fillCards();
}

void TokenSimilarView::addPicture(TokenCard& card, const probe::ProbeSet& probe,
                                  const probe::Layout& layout) const {
  if (card.token.modality == probe::kText) {
    card.piece = pieceAt(probe, card.token.position);
    card.context = contextOf(probe, card.token.position);
    if (!probe.captions.empty()) {
      card.tip += QLatin1Char('\n') + QString::fromStdString(probe.captions.front());
    }
    return;
  }
  const PatchCut cut = patchWithNeighbours(probe, layout, card.token.position);
  card.picture = cut.picture;
  card.mark = cut.patch;
  if (!probe.sources.empty()) {
    card.tip += QLatin1Char('\n') + QString::fromStdString(probe.sources.front());
  }
}

/// Takes what the cards show out of samples that have come, and asks for the others: whole images
/// may be many and large.
void TokenSimilarView::fillCards() {
  const auto run = source_ ? source_->data() : nullptr;
  bool any = false;
  for (std::size_t card = 0; run && card < cards_.size(); ++card) {
    if (has_texts_[card]) {
      continue;
    }
    const auto probe = source_->sample(cards_[card].token.sample);
    if (probe) {
      addPicture(cards_[card], *probe, run->layout);
      has_texts_[card] = true;
      any = true;
    }
  }
  if (any) {
    showCards();
  }
}

void TokenSimilarView::showCards() {
  grid_->show(cards_, state_.selectedToken());
  grid_->setVisible(!cards_.empty());
}

}  // namespace limoe::gui
