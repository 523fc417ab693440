#include "gui/inspect/expert_gallery_parts.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/inspect/expert_bars.h"
#include "gui/inspect/expert_history.h"
#include "gui/inspect/expert_patches.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/colors.h"
#include "gui/view/view_state.h"
#include "routing_probe/recording/recording.h"

namespace limoe::gui {
namespace {

constexpr int kBarHeight = 12;

QLabel* newLabel(QWidget& parent, const char* name) {
  auto* label = new QLabel(&parent);
  label->setObjectName(QString::fromLatin1(name));
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

GallerySection newSection(QWidget& content, QVBoxLayout& layout, const char* name, QWidget* shown,
                          const QString& what = {}, const QString& tip = {}) {
  GallerySection section;
  section.box = new QWidget(&content);
  section.box->setObjectName(QString::fromLatin1(name));
  auto* column = new QVBoxLayout(section.box);
  column->setContentsMargins(0, 8, 0, 0);
  column->setSpacing(3);
  section.title = newLabel(*section.box, "sectionTitle");
  QFont bold = section.title->font();
  bold.setBold(true);
  section.title->setFont(bold);
  column->addWidget(section.title);
  column->addWidget(shown);
  section.note = newLabel(*section.box, "sectionNote");
  section.note->setForegroundRole(QPalette::PlaceholderText);
  column->addWidget(section.note);
  section.items = qobject_cast<ExpertItems*>(shown);
  if (section.items) {  // until it is known of which expert and layer
    section.items->setAccessibleName(what);
    section.items->setToolTip(tip);
  }
  layout.addWidget(section.box);
  return section;
}

}  // namespace

NameField::NameField(QWidget* parent) : QLineEdit(parent) {
  setPlaceholderText(tr("Name this expert"));
  setAccessibleName(tr("Name of this expert"));
  setToolTip(
      tr("What you call this expert of this layer. Enter keeps it; empty: no name.\nIt is "
         "shown wherever the expert is titled."));
  setMaxLength(ViewState::kLongestExpertName);
  setClearButtonEnabled(true);
  connect(this, &QLineEdit::editingFinished, this, [this] {
    if (layer_ >= 0 && text().trimmed() != name_) {
      Q_EMIT named(layer_, expert_, text());
    }
  });
}

void NameField::showName(int64_t layer, int64_t expert, const QString& name) {
  if (layer == layer_ && expert == expert_ && name == name_) {
    return;
  }
  layer_ = layer;
  expert_ = expert;
  name_ = name;
  setText(name);
}

bool NameField::event(QEvent* event) {
  // Esc brings the name back first; only then it is the window's, which clears the selection.
  if (event->type() == QEvent::ShortcutOverride &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && text() != name_) {
    event->accept();
    return true;
  }
  return QLineEdit::event(event);
}

void NameField::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && text() != name_) {
    setText(name_);
    return;
  }
  QLineEdit::keyPressEvent(event);
}

ModalityBar::ModalityBar(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ModalityBar::setCounts(const std::array<uint64_t, 2>& kept) {
  kept_ = kept;
  update();
}

QSize ModalityBar::sizeHint() const {
  return {120, kBarHeight};
}

void ModalityBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const uint64_t all = kept_[probe::kImage] + kept_[probe::kText];
  if (!isEnabled()) {
    painter.setOpacity(0.4);
  }
  if (all == 0) {
    painter.fillRect(rect(), palette().color(QPalette::Midlight));
    return;
  }
  const double split =
      width() * static_cast<double>(kept_[probe::kImage]) / static_cast<double>(all);
  painter.fillRect(QRectF(0, 0, split, height()), modalityColor(probe::kImage));
  painter.fillRect(QRectF(split, 0, width() - split, height()), modalityColor(probe::kText));
}

Swatch::Swatch(QWidget* parent) : QWidget(parent) {
  const int side = fontMetrics().height();
  setFixedSize(side, side);
}

void Swatch::setColor(const QColor& color) {
  color_ = color;
  update();
}

void Swatch::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color_);
  painter.drawRoundedRect(rect(), 3, 3);
}

void GallerySection::setTitle(const QString& text, const QString& definition) const {
  title->setText(text);
  title->setToolTip(definition);
  note->setToolTip(definition);
  if (items) {
    items->setAccessibleName(text);
  }
}

void GallerySection::setNote(const QString& text) const {
  note->setText(text);
  note->setVisible(!text.isEmpty());
}

void GalleryParts::buildHeader(QWidget& gallery, QVBoxLayout& layout) {
  header = new QWidget(&gallery);
  auto* column = new QVBoxLayout(header);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(3);
  auto* row = new QHBoxLayout;
  swatch = new Swatch(header);
  title = newLabel(*header, "title");
  QFont font = title->font();
  font.setBold(true);
  title->setFont(font);
  row->addWidget(swatch);
  row->addWidget(title, 1);
  column->addLayout(row);
  place = newLabel(*header, "place");
  column->addWidget(place);
  other = newLabel(*header, "other");
  other->setVisible(false);
  column->addWidget(other);
  name = new NameField(header);
  name->setObjectName(QStringLiteral("name"));
  column->addWidget(name);
  counted = newLabel(*header, "counted");
  column->addWidget(counted);
  layout.addWidget(header);
}

void GalleryParts::buildSections(QWidget& content, QVBoxLayout& layout) {
  patch_grid = new PatchGrid(&content);
  patches = newSection(content, layout, "patches", patch_grid, QObject::tr("Top patches"),
                       QObject::tr("Click a patch, or arrows and Enter: selects it"));
  all_patches = new QToolButton(patches.box);
  all_patches->setObjectName(QStringLiteral("allPatches"));
  all_patches->setCheckable(true);
  all_patches->setAccessibleName(QObject::tr("Show all top patches"));
  all_patches->setToolTip(QObject::tr("Show all of its top patches, or only the first"));
  auto* row = new QHBoxLayout;
  patches.box->layout()->removeWidget(patches.note);
  row->addWidget(patches.note, 1);
  row->addWidget(all_patches);
  static_cast<QVBoxLayout*>(patches.box->layout())->addLayout(row);
  word_chips = new WordChips(&content);
  words = newSection(content, layout, "words", word_chips, QObject::tr("Top words"),
                     QObject::tr("Click a word, or arrows and Enter: selects the best of them"));
  const QString rows_tip = QObject::tr("How much more often than by chance it takes them");
  label_rows = new LiftRows(&content);
  labels = newSection(content, layout, "labels", label_rows, QObject::tr("Labels"), rows_tip);
  piece_rows = new LiftRows(&content);
  pieces = newSection(content, layout, "pieces", piece_rows, QObject::tr("Word pieces"), rows_tip);
  caption_word_rows = new LiftRows(&content);
  caption_words = newSection(content, layout, "captionWords", caption_word_rows,
                             QObject::tr("Words of the captions"), rows_tip);
  load_curve = new LoadCurve(&content);
  load = newSection(content, layout, "load", load_curve, QObject::tr("Load over time"),
                    QObject::tr("Click a step, or arrows and Enter: shows it"));
  modality_bar = new ModalityBar(&content);
  modality = newSection(content, layout, "modality", modality_bar);
  counts = newLabel(*modality.box, "counts");
  static_cast<QVBoxLayout*>(modality.box->layout())->insertWidget(2, counts);
  const QString flow_tip =
      QObject::tr("Click an expert, or arrows and Enter: shows that expert in its layer");
  to_rows = new FlowRows(&content);
  to = newSection(content, layout, "flowTo", to_rows, QObject::tr("Where its tokens go"), flow_tip);
  from_rows = new FlowRows(&content);
  from = newSection(content, layout, "flowFrom", from_rows,
                    QObject::tr("Where its tokens come from"), flow_tip);
  layout.addStretch(1);
}

void GalleryParts::build(QWidget& gallery) {
  auto* layout = new QVBoxLayout(&gallery);
  layout->setContentsMargins(6, 4, 0, 0);
  layout->setSpacing(3);
  buildHeader(gallery, *layout);
  header->setContentsMargins(0, 0, 6, 0);
  message = newLabel(gallery, "message");
  message->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  message->setContentsMargins(0, 0, 6, 0);
  layout->addWidget(message, 1);
  scroll = new QScrollArea(&gallery);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // columns do not jump
  scroll->setFocusPolicy(Qt::NoFocus);                        // its parts take the keys
  auto* content = new QWidget(scroll);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 6, 8);
  column->setSpacing(0);
  buildSections(*content, *column);
  scroll->setWidget(content);
  layout->addWidget(scroll, 1);
  wait = new WalkBar(&gallery);  // below: nothing moves where it comes and goes
  wait->setContentsMargins(0, 0, 6, 4);
  layout->addWidget(wait);
  for (ExpertItems* items : content->findChildren<ExpertItems*>()) {
    QObject::connect(items, &ExpertItems::currentMoved, scroll, [this, items](const QRect& rect) {
      const QPoint at = items->mapTo(scroll->widget(), rect.center());
      scroll->ensureVisible(at.x(), at.y(), 0, rect.height() / 2 + 8);
    });
  }
}

void GalleryParts::showMessage(const QString& text, bool with_header) const {
  message->setText(text);
  message->show();
  scroll->hide();
  header->setVisible(with_header);
}

void GalleryParts::showSections() const {
  message->hide();
  header->show();
  scroll->show();
}

}  // namespace limoe::gui
