// Where the user collects images and captions of their own and has them routed.
#pragma once

#include <QDialog>
#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

#include "gui/inspect/own_probe.h"
#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"

class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QMimeData;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTreeWidget;

namespace limoe::gui {

/// Not modal: the window behind it can be used. Keeps its list until it is destroyed, so that the
/// same pictures can be routed again later in the training.
class OwnProbeDialog : public QDialog {
  Q_OBJECT
 public:
  OwnProbeDialog(std::shared_ptr<ReaderThread> reader, const QString& worker_program,
                 QWidget* parent = nullptr);
  ~OwnProbeDialog() override;

  /// The run that will route, also while the dialog is open. `folder`: the run's; empty: none.
  void setRun(const QString& name, const QString& folder, bool worker_lives);

  /// Files that are in the list already are left out.
  void addImages(const QStringList& paths);
  void addCaption(const QString& caption);

  /// Whether something of this is for addImages() or addCaption(): local files, or text.
  static bool accepts(const QMimeData& dragged);
  void addFrom(const QMimeData& dragged);

  void reject() override;

 Q_SIGNALS:
  /// A finished recording is at `recording`; the remarks are shown in the dialog as well.
  void routed(QString recording, QStringList remarks);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QWidget* makeImages();
  QWidget* makeCaptions();
  QWidget* makeOutcome();
  void chooseFiles();
  void removeChosen();
  void requestThumbnail(const QString& path);
  std::vector<OwnSample> samples() const;
  void route();
  void showRemarks(const QString& title, const QStringList& remarks);
  void refresh();

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Mailbox> mailbox_;
  OwnProbe* probe_;
  QString run_name_, run_folder_;
  bool worker_lives_ = false;

  QLabel* title_;
  QStackedWidget* pages_;  ///< what to do, or the list
  QTreeWidget* images_;
  QPushButton* remove_;
  QPlainTextEdit* captions_;
  QLabel* doing_;
  QProgressBar* bar_;
  QPlainTextEdit* remarks_;
  QDialogButtonBox* buttons_;
  QPushButton* route_;
  QPushButton* close_;
};

}  // namespace limoe::gui
