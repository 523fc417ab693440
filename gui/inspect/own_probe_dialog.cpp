#include "gui/inspect/own_probe_dialog.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QImageReader>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPainter>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScreen>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QUrl>
#include <QVBoxLayout>
#include <utility>

namespace limoe::gui {
namespace {

constexpr int kThumbnail = 56;  // pixels of its side
constexpr int kPathRole = Qt::UserRole;

/// For formats that this program cannot show (the worker reads them): the kind of file in words.
QPixmap cardOf(const QString& path, const QPalette& palette) {
  QPixmap card(kThumbnail, kThumbnail);
  card.fill(palette.color(QPalette::AlternateBase));
  QPainter painter(&card);
  painter.setPen(palette.color(QPalette::PlaceholderText));
  painter.drawRect(0, 0, kThumbnail - 1, kThumbnail - 1);
  painter.drawText(card.rect(), Qt::AlignCenter, QFileInfo(path).suffix().toUpper());
  return card;
}

/// The middle square, as the model will see it. Null where it cannot be shown. Reads the disk.
QImage thumbnailOf(const QString& path) {
  QImageReader reader(path);
  reader.setAutoTransform(true);
  const QSize size = reader.size();
  if (size.isValid()) {
    reader.setScaledSize(size.scaled(kThumbnail, kThumbnail, Qt::KeepAspectRatioByExpanding));
  }
  const QImage image = reader.read();
  if (image.isNull()) {
    return {};
  }
  const int side = std::min(image.width(), image.height());
  return image.copy((image.width() - side) / 2, (image.height() - side) / 2, side, side)
      .scaled(kThumbnail, kThumbnail, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

/// A field of its natural height in a row as high as the thumbnail.
QWidget* makeCaptionCell(const QString& file, QWidget* parent) {
  auto* cell = new QWidget(parent);
  auto* caption = new QLineEdit(cell);
  caption->setPlaceholderText("no caption");
  caption->setAccessibleName("Caption of " + file);
  caption->setToolTip("What the picture shows; the words are routed together with it");
  caption->setAcceptDrops(false);  // the dialog takes them
  auto* layout = new QHBoxLayout(cell);
  layout->setContentsMargins(4, 0, 4, 0);
  layout->addWidget(caption, 0, Qt::AlignVCenter);
  cell->setFocusProxy(caption);
  return cell;
}

QLabel* makeNote(const QString& text, QWidget* parent) {
  auto* note = new QLabel(text, parent);
  note->setWordWrap(true);
  return note;
}

}  // namespace

OwnProbeDialog::OwnProbeDialog(std::shared_ptr<ReaderThread> reader, const QString& worker_program,
                               QWidget* parent)
    : QDialog(parent),
      reader_(reader),
      mailbox_(Mailbox::of(this)),
      probe_(new OwnProbe(std::move(reader), worker_program, this)),
      title_(makeNote({}, this)) {
  setObjectName("ownProbeDialog");
  setWindowTitle("Probe your own");
  setAcceptDrops(true);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(title_);
  layout->addWidget(makeImages(), 1);
  layout->addWidget(makeCaptions());
  layout->addWidget(
      makeNote("An image without a caption gets an empty one (one unknown token), a "
               "caption alone a plain grey picture. Images are cropped to their "
               "middle square.",
               this));
  layout->addWidget(makeOutcome());
  layout->addWidget(buttons_);

  connect(probe_, &OwnProbe::progress, doing_, &QLabel::setText);
  connect(probe_, &OwnProbe::finished, this, [this](const QString& path, const QStringList& told) {
    showRemarks(told.isEmpty() ? QString("Routed, and kept in %1.").arg(path)
                               : QString("Routed, and kept in %1. Worth knowing:").arg(path),
                told);
    refresh();
    Q_EMIT routed(path, told);
  });
  connect(probe_, &OwnProbe::failed, this, [this](const QString& why) {
    showRemarks("Nothing was routed:", {why});
    refresh();
  });
  // In letters, so that it grows with them; never larger than the screen.
  resize(QSize(88 * fontMetrics().averageCharWidth(), 33 * fontMetrics().height())
             .boundedTo(screen()->availableSize() * 0.9));
  setRun({}, {}, false);
}

OwnProbeDialog::~OwnProbeDialog() {
  // What its children tell while they go is for nobody.
  probe_->disconnect(this);
  images_->disconnect(this);
  captions_->disconnect(this);
}

QWidget* OwnProbeDialog::makeImages() {
  auto* all = new QWidget(this);
  auto* layout = new QVBoxLayout(all);
  layout->setContentsMargins(0, 0, 0, 0);
  pages_ = new QStackedWidget(all);
  auto* invitation =
      new QLabel("Drop images here (PNG, JPEG, WebP or TIFF),\nor press “Add images…”.", pages_);
  invitation->setAlignment(Qt::AlignCenter);
  invitation->setFrameStyle(QFrame::StyledPanel | QFrame::Sunken);
  invitation->setForegroundRole(QPalette::PlaceholderText);
  images_ = new QTreeWidget(pages_);
  images_->setObjectName("ownImages");
  images_->setAccessibleName("Images to route, each with its caption");
  images_->setToolTip("Images to route; Del takes the selected ones off the list");
  images_->setColumnCount(2);
  images_->setHeaderLabels({"Image", "Caption (may be left empty)"});
  images_->setRootIsDecorated(false);
  images_->setUniformRowHeights(true);
  images_->setIconSize({kThumbnail, kThumbnail});
  images_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  images_->setTabKeyNavigation(false);
  images_->header()->resizeSection(0, 220);
  connect(images_, &QTreeWidget::itemSelectionChanged, this, &OwnProbeDialog::refresh);
  pages_->addWidget(invitation);
  pages_->addWidget(images_);
  layout->addWidget(pages_, 1);

  auto* row = new QHBoxLayout;
  auto* add = new QPushButton("&Add images…", all);
  add->setObjectName("addImages");
  add->setAutoDefault(false);
  add->setToolTip("Choose image files: PNG, JPEG, WebP or TIFF");
  connect(add, &QPushButton::clicked, this, &OwnProbeDialog::chooseFiles);
  remove_ = new QPushButton("Re&move", all);
  remove_->setObjectName("removeImages");
  remove_->setAutoDefault(false);
  remove_->setToolTip("Take the selected images off the list (Del)");
  connect(remove_, &QPushButton::clicked, this, &OwnProbeDialog::removeChosen);
  row->addWidget(add);
  row->addWidget(remove_);
  row->addStretch();
  layout->addLayout(row);
  return all;
}

QWidget* OwnProbeDialog::makeCaptions() {
  auto* all = new QWidget(this);
  auto* layout = new QVBoxLayout(all);
  layout->setContentsMargins(0, 0, 0, 0);
  captions_ = new QPlainTextEdit(all);
  captions_->setObjectName("ownCaptions");
  captions_->setAccessibleName("Captions without an image, one a line");
  captions_->setToolTip("Captions without an image, one a line");
  captions_->setPlaceholderText("a red house and a tree under a blue sky");
  captions_->setTabChangesFocus(true);
  captions_->setAcceptDrops(false);  // the dialog takes them
  captions_->setFixedHeight(captions_->fontMetrics().lineSpacing() * 3 + 16);
  auto* label = new QLabel("&Captions alone, one a line", all);
  label->setBuddy(captions_);
  connect(captions_, &QPlainTextEdit::textChanged, this, &OwnProbeDialog::refresh);
  layout->addWidget(label);
  layout->addWidget(captions_);
  return all;
}

QWidget* OwnProbeDialog::makeOutcome() {
  auto* all = new QWidget(this);
  auto* layout = new QVBoxLayout(all);
  layout->setContentsMargins(0, 0, 0, 0);
  doing_ = makeNote({}, all);
  doing_->setObjectName("ownProbeState");
  doing_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  bar_ = new QProgressBar(all);
  bar_->setRange(0, 0);
  bar_->setTextVisible(false);
  bar_->setAccessibleName("Routing is under way");
  remarks_ = new QPlainTextEdit(all);
  remarks_->setObjectName("ownProbeRemarks");
  remarks_->setAccessibleName("What is worth knowing about the images and captions");
  remarks_->setToolTip("What is worth knowing; it is kept in the recording, too");
  remarks_->setReadOnly(true);
  remarks_->setTabChangesFocus(true);
  remarks_->setFixedHeight(remarks_->fontMetrics().lineSpacing() * 5 + 16);
  layout->addWidget(doing_);
  layout->addWidget(bar_);
  layout->addWidget(remarks_);
  showRemarks({}, {});

  buttons_ = new QDialogButtonBox(this);
  route_ = buttons_->addButton("&Route", QDialogButtonBox::ActionRole);
  route_->setObjectName("routeOwn");
  route_->setDefault(true);
  close_ = buttons_->addButton(QDialogButtonBox::Close);
  close_->setObjectName("closeOwn");
  close_->setAutoDefault(false);
  connect(route_, &QPushButton::clicked, this, &OwnProbeDialog::route);
  connect(close_, &QPushButton::clicked, this, &OwnProbeDialog::reject);
  return all;
}

void OwnProbeDialog::setRun(const QString& name, const QString& folder, bool worker_lives) {
  run_name_ = name;
  run_folder_ = folder;
  worker_lives_ = worker_lives;
  title_->setText(
      folder.isEmpty() ? QString("Open a run first: its weights route your images and captions.")
      : worker_lives
          ? QString("Run <b>%1</b> is being trained: its worker routes your images and captions "
                    "between two steps, with its weights of that moment.")
                .arg(name.toHtmlEscaped())
          : QString("Your images and captions are routed with the newest checkpoint of run "
                    "<b>%1</b>. Starting the worker takes some seconds.")
                .arg(name.toHtmlEscaped()));
  refresh();
}

void OwnProbeDialog::addImages(const QStringList& paths) {
  QStringList listed;
  for (int i = 0; i < images_->topLevelItemCount(); ++i) {
    listed << images_->topLevelItem(i)->data(0, kPathRole).toString();
  }
  for (const QString& path : paths) {
    if (listed.contains(path)) {
      continue;
    }
    listed << path;
    auto* item = new QTreeWidgetItem(images_, {QFileInfo(path).fileName()});
    item->setData(0, kPathRole, path);
    item->setToolTip(0, path);
    item->setIcon(0, cardOf(path, palette()));
    images_->setItemWidget(item, 1, makeCaptionCell(item->text(0), images_));
    requestThumbnail(path);
  }
  refresh();
}

void OwnProbeDialog::requestThumbnail(const QString& path) {
  reader_->post(ReaderThread::Urgency::Background, [this, mailbox = mailbox_, path] {
    const QImage image = thumbnailOf(path);
    mailbox->send([this, path, image] {
      for (int i = 0; i < images_->topLevelItemCount() && !image.isNull(); ++i) {
        QTreeWidgetItem* item = images_->topLevelItem(i);
        if (item->data(0, kPathRole) == path) {
          item->setIcon(0, QPixmap::fromImage(image));
        }
      }
    });
  });
}

void OwnProbeDialog::addCaption(const QString& caption) {
  const QString before = captions_->toPlainText();
  captions_->setPlainText(before.isEmpty() || before.endsWith('\n') ? before + caption
                                                                    : before + '\n' + caption);
}

bool OwnProbeDialog::accepts(const QMimeData& dragged) {
  for (const QUrl& url : dragged.urls()) {
    if (url.isLocalFile()) {
      return true;
    }
  }
  return !dragged.hasUrls() && dragged.hasText();
}

void OwnProbeDialog::addFrom(const QMimeData& dragged) {
  QStringList paths;
  for (const QUrl& url : dragged.urls()) {
    if (url.isLocalFile()) {
      paths << url.toLocalFile();
    }
  }
  if (!paths.isEmpty()) {
    addImages(paths);
  } else if (!dragged.hasUrls() && dragged.hasText()) {
    addCaption(dragged.text().trimmed());
  }
}

void OwnProbeDialog::dragEnterEvent(QDragEnterEvent* event) {
  if (accepts(*event->mimeData())) {
    event->acceptProposedAction();
  }
}

void OwnProbeDialog::dropEvent(QDropEvent* event) {
  addFrom(*event->mimeData());
  event->acceptProposedAction();
}

void OwnProbeDialog::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Delete && images_->hasFocus()) {
    removeChosen();
    return;
  }
  QDialog::keyPressEvent(event);
}

/// The first Esc ends what is under way, the second closes.
void OwnProbeDialog::reject() {
  if (!probe_->isBusy()) {
    QDialog::reject();
    return;
  }
  probe_->cancel();
  showRemarks("Cancelled.", {});
  refresh();
}

void OwnProbeDialog::chooseFiles() {
  auto* dialog = new QFileDialog(this, "Add images");
  dialog->setObjectName("chooseImages");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFiles);
  dialog->setNameFilters({"Images (*.png *.jpg *.jpeg *.webp *.tif *.tiff)", "All files (*)"});
  connect(dialog, &QFileDialog::filesSelected, this, &OwnProbeDialog::addImages);
  dialog->open();
}

void OwnProbeDialog::removeChosen() {
  {
    // Half removed rows have no caption any more.
    const QSignalBlocker quiet(images_);
    qDeleteAll(images_->selectedItems());
  }
  refresh();
}

std::vector<OwnSample> OwnProbeDialog::samples() const {
  std::vector<OwnSample> samples;
  for (int i = 0; i < images_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* item = images_->topLevelItem(i);
    OwnSample sample{item->data(0, kPathRole).toString(), {}};
    const auto* caption = images_->itemWidget(item, 1)->findChild<QLineEdit*>();
    if (const QString text = caption->text().trimmed(); !text.isEmpty()) {
      sample.caption = text;
    }
    samples.push_back(sample);
  }
  for (const QString& line : captions_->toPlainText().split('\n')) {
    if (!line.trimmed().isEmpty()) {
      samples.push_back({{}, line.trimmed()});
    }
  }
  return samples;
}

void OwnProbeDialog::route() {
  showRemarks({}, {});
  probe_->start(run_folder_, worker_lives_, samples());
  refresh();
}

void OwnProbeDialog::showRemarks(const QString& title, const QStringList& remarks) {
  doing_->setText(title);
  doing_->setVisible(!title.isEmpty());
  remarks_->setPlainText(remarks.join('\n'));
  remarks_->setVisible(!remarks.isEmpty());
}

void OwnProbeDialog::refresh() {
  const bool busy = probe_->isBusy();
  const auto count = static_cast<int>(samples().size());
  const bool too_many = count > OwnProbe::kMostSamples;
  pages_->setCurrentIndex(images_->topLevelItemCount() > 0 ? 1 : 0);
  remove_->setEnabled(!images_->selectedItems().isEmpty());
  route_->setEnabled(!busy && count > 0 && !too_many && !run_folder_.isEmpty());
  route_->setText(count > 1 ? QString("&Route %1").arg(count) : QString("&Route"));
  route_->setToolTip(run_folder_.isEmpty() ? "There is no run to route them with"
                     : count == 0          ? "Add an image or a caption first"
                     : too_many
                         ? QString("At most %1 at once").arg(OwnProbe::kMostSamples)
                         : QString("Find out which experts take them; they are kept in %1/probes")
                               .arg(run_folder_));
  bar_->setVisible(busy);
  if (busy) {
    doing_->setVisible(true);
  }
  close_->setText(busy ? "Cancel" : "Close");
  close_->setToolTip(busy ? "Stop; nothing is kept (Esc)"
                          : "The list is kept until the program ends (Esc)");
}

}  // namespace limoe::gui
