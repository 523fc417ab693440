#include "gui/inspect/token_similar_view.h"

#include <QHBoxLayout>
#include <QHideEvent>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/canvas/token_readout.h"
#include "gui/inspect/token_picture.h"

namespace limoe::gui {
namespace {

constexpr int64_t kPiecesBefore = 2;
constexpr int kRestMs = 200;  ///< the user has stopped stepping through time

/// "sample 12 · patch row 3, column 5"
QString placeOf(const probe::Layout& layout, const TokenRef& token) {
  if (token.modality == probe::kImage) {
    return TokenSimilarView::tr("sample %1 · patch row %2, column %3")
        .arg(token.sample)
        .arg(token.position / layout.patch_columns + 1)
        .arg(token.position % layout.patch_columns + 1);
  }
  return TokenSimilarView::tr("sample %1 · word piece %2")
      .arg(token.sample)
      .arg(token.position + 1);
}

/// The piece with the two before it and what follows: "… words on signs".
QString contextOf(const probe::ProbeSet& probe, const probe::Layout& layout, int64_t index,
                  int64_t position) {
  const auto begin = static_cast<std::size_t>(index * layout.text_length);
  const int64_t first = std::max<int64_t>(0, position - kPiecesBefore);
  QString text;
  for (int64_t t = first; t < layout.text_length; ++t) {
    text += QString::fromStdString(probe.pieces[begin + static_cast<std::size_t>(t)]);
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
  const QString place = placeOf(layout, token.token);
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
      failure_(new QLabel(this)),
      button_(new QPushButton(this)),
      progress_(new QProgressBar(this)),
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
  refresh();
}

TokenSimilarView::~TokenSimilarView() = default;

void TokenSimilarView::build() {
  note_->setObjectName(QStringLiteral("similarNote"));
  failure_->setObjectName(QStringLiteral("similarFailure"));
  button_->setObjectName(QStringLiteral("findSimilar"));
  button_->setText(tr("Find similar"));
  button_->setToolTip(tr("Compare the token with every other of the probe"));
  progress_->setObjectName(QStringLiteral("similarProgress"));
  for (QLabel* label : {note_, failure_}) {
    label->setWordWrap(true);
    label->setForegroundRole(QPalette::PlaceholderText);
  }
  note_->setTextFormat(Qt::RichText);
  note_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  progress_->setRange(0, 1000);
  progress_->setAccessibleName(tr("Progress of the search"));
  progress_->setToolTip(tr("How much of the probe has been compared"));
  auto* row = new QHBoxLayout;
  row->addWidget(button_);
  row->addWidget(progress_, 1);
  row->addStretch();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(note_);
  layout->addWidget(grid_);
  layout->addLayout(row);
  layout->addWidget(failure_);
}

void TokenSimilarView::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  cancel();
  found_.reset();
  cards_.clear();
  failure_->clear();
  source_ = source;
  if (source) {
    connect(source, &RunSource::pageReady, this, &TokenSimilarView::fillCards);
  }
  refresh();
}

void TokenSimilarView::cancel() {
  walk_.reset();
  searched_.reset();
  start_.stop();
}

void TokenSimilarView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  if (!event->spontaneous()) {  // else the window is iconified
    cancel();
  }
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
  if (found_) {
    if (!found_stamp_.holdsIn(run) || found_->token != subject()) {
      found_.reset();
      cards_.clear();
    }
  }
  if (walk_ && !searched_stamp_.holdsIn(run)) {
    cancel();
  }
  if (walk_ && (searched_ != subject() && searched_ != state_.selectedToken())) {
    cancel();
  }
  if (walk_ && searched_snapshot_ != state_.snapshot() && !state_.followsNewest()) {
    cancel();
  }
}

void TokenSimilarView::refresh() {
  const auto run = source_ ? source_->data() : nullptr;
  const std::optional<TokenRef> selected = state_.selectedToken();
  const bool possible = run && selected && run->layout.layers > 0 && state_.snapshot() >= 0 &&
                        state_.snapshot() < std::ssize(run->snapshot_steps);
  setVisible(possible);
  if (!possible) {
    cancel();
    found_.reset();
    cards_.clear();
    showCards();
    return;
  }
  dropStale(*run);
  if (failed_ != subject()) {
    failure_->clear();
  }
  if (run->layout.samples <= kSmallProbe && isVisible() && !walk_ && !isUpToDate()) {
    start_.start();
  }
  showCards();
  showWords(*run);
}

void TokenSimilarView::showWords(const RunData& run) {
  const bool searching = walk_ != nullptr;
  const bool from_list = found_ && state_.selectedToken() != found_->token;
  button_->setText(searching ? tr("Cancel")
                             : (from_list ? tr("Find similar to this one") : tr("Find similar")));
  button_->setToolTip(searching
                          ? tr("Stop comparing")
                          : tr("Compare the token with every other of the %1 probe samples, in "
                               "all MoE layers at this step")
                                .arg(QLocale().toString(qlonglong(run.layout.samples))));
  button_->setVisible(searching || from_list || !(isUpToDate() || start_.isActive()));
  progress_->setVisible(searching);
  failure_->setVisible(!failure_->text().isEmpty());
  if (!found_) {
    note_->setText(
        tr("Tokens of the same kind, over the whole probe, that the routers treat most "
           "alike in all MoE layers at this step."));
    note_->setToolTip(measureDefinition(run.layout.probabilities
                                            ? SimilarityMeasure::Divergence
                                            : SimilarityMeasure::FirstChoices));
    return;
  }
  const QString place = placeOf(run.layout, found_->token);
  const QString what = found_->token.modality == probe::kImage ? tr("patches") : tr("text tokens");
  note_->setText(
      tr("The %1 nearest of %2 %3 to %4 at step %5, by %6 over %7 MoE layers; at most %8 of one "
         "image.")
          .arg(found_->nearest.size())
          .arg(QLocale().toString(qlonglong(found_->compared)), what,
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
  if (walk_) {
    cancel();
    const auto run = source_ ? source_->data() : nullptr;
    if (run) {
      showWords(*run);
    }
    return;
  }
  if (found_ && state_.selectedToken() != found_->token) {
    found_.reset();
    cards_.clear();
    showCards();
  }
  search();
}

void TokenSimilarView::search() {
  const auto run = source_ ? source_->data() : nullptr;
  const std::optional<TokenRef> token = subject();
  start_.stop();
  if (!run || !token || token->sample >= run->layout.samples || state_.snapshot() < 0 ||
      state_.snapshot() >= std::ssize(run->snapshot_steps) || run->layout.layers == 0) {
    return;
  }
  failure_->clear();
  const int64_t step = run->snapshot_steps[static_cast<std::size_t>(state_.snapshot())];
  auto similarity = std::make_shared<TokenSimilarity>(run->layout, state_.snapshot(), *token);
  WalkRequest request;
  request.items = similarity->items();
  request.probabilities = run->layout.probabilities;
  request.visit = [similarity](const WalkItem& item, const probe::ProbeSet&,
                               const probe::LayerSlice& slice) { similarity->add(item, slice); };
  request.progress = [this](double done) { progress_->setValue(static_cast<int>(done * 1000)); };
  request.finished = [this, similarity, step](const QString& failure) {
    take(similarity->result(), step, failure);
  };
  searched_ = token;
  searched_snapshot_ = state_.snapshot();
  searched_stamp_ = DecisionsStamp(*run);
  progress_->setValue(0);
  walk_ = source_->walk(std::move(request));
  showWords(*run);
}

void TokenSimilarView::take(const SimilarTokens& result, int64_t step, const QString& failure) {
  walk_.reset();
  const auto searched = std::exchange(searched_, std::nullopt);
  if (failure.isEmpty()) {
    found_ = result;
    found_step_ = step;
    found_stamp_ = searched_stamp_;
    cards_.clear();
    has_texts_.assign(result.nearest.size(), false);
    const auto run = source_->data();
    for (const SimilarToken& one : result.nearest) {
      TokenCard card;
      card.token = one.token;
      card.value = valueOf(result, one);
      card.tip = tipOf(result, one, run->layout);
      cards_.push_back(card);
    }
    fillCards();
    refresh();
  } else if (const auto run = source_->data()) {
    failed_ = searched;
    failure_->setText(tr("The search ended early: %1").arg(failure));
    showWords(*run);  // without starting again at once
  }
}

void TokenSimilarView::addPicture(TokenCard& card, const probe::ProbeSet& probe,
                                  const probe::Layout& layout) const {
  if (card.token.modality == probe::kText) {
    card.piece = pieceAt(probe, layout, 0, card.token.position);
    card.context = contextOf(probe, layout, 0, card.token.position);
    if (!probe.captions.empty()) {
      card.tip += QLatin1Char('\n') + QString::fromStdString(probe.captions.front());
    }
    return;
  }
  const QImage image = imageOf(probe, layout, 0);
  const auto wide = static_cast<int>(layout.image_width / layout.patch_columns);
  const auto high = static_cast<int>(layout.image_height / layout.patch_rows);
  const auto column = static_cast<int>(card.token.position % layout.patch_columns);
  const auto row = static_cast<int>(card.token.position / layout.patch_columns);
  const QRect patch(column * wide, row * high, wide, high);
  const QRect around = patch.adjusted(-wide, -high, wide, high);
  QRect shown = around & image.rect();
  // At the edge the window moves inwards, so that all pictures have the same scale.
  if (image.width() >= around.width() && image.height() >= around.height()) {
    shown = around;
    shown.moveLeft(std::clamp(around.left(), 0, image.width() - around.width()));
    shown.moveTop(std::clamp(around.top(), 0, image.height() - around.height()));
  }
  card.picture = image.copy(shown);
  card.mark = patch.translated(-shown.topLeft());
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
