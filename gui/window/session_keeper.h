// Keeps the session of the run that is shown: gives it back when the run is opened, and writes what
// the user changes a moment later, on the reader thread.
#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <functional>
#include <memory>

#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"
#include "gui/view/view_state.h"
#include "gui/window/session_file.h"

namespace limoe::gui {

/// A file that cannot be understood is told (warned()) and left alone until the user changes
/// something; then it is kept as session.json.bak. Two windows on one run: the last to write wins,
/// but names of experts that the other has given are taken over.
class SessionKeeper : public QObject {
  Q_OBJECT
 public:
  struct Layout {
    QByteArray state;     ///< to restore the window
    QString arrangement;  ///< which panel is where; sizes alone are no reason to write
  };

  /// `settings_file`: where sessions go whose folder cannot be written; empty: nowhere.
  SessionKeeper(ViewState& state, std::shared_ptr<ReaderThread> reader,
                const QString& settings_file, QObject* parent = nullptr);

  /// Empty: layouts are not kept.
  void setLayout(std::function<Layout()> layout) { layout_ = std::move(layout); }
  /// Which part of the wall is looked at. Alone no reason to write while the run is shown.
  void setWall(std::function<WallPlace()> wall) { wall_ = std::move(wall); }

  /// Once the session has been read and the run is there, the view is as it was left. The view
  /// state has been reset before.
  /// `look`: taken over from another view of the same model, whatever this one had.
  void follow(const QString& run_path, RunSource* source,
              const std::optional<Session>& look = std::nullopt);
  /// Writes what has changed, and follows none. Before the view state is reset.
  void leave();
  /// Follows none and writes nothing: what was followed is no longer there.
  void forget();
  void save();  ///< now, if something has changed
  /// Whether the session has been given back, and everything is written.
  bool isIdle() const;

 Q_SIGNALS:
  void restored(QByteArray layout);  ///< empty: none was kept
  void wallRestored(limoe::gui::WallPlace wall);
  void informed(QString message);
  void warned(QString message);

 private:
  Session current() const;
  void restoreOnceBothAreThere();
  void noteChange();
  void takeStored(const StoredSession& stored, const ExpertNames& written);

  ViewState& state_;
  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Mailbox> mailbox_;
  QString settings_file_;
  std::function<Layout()> layout_;
  std::function<WallPlace()> wall_;
  QTimer timer_;

  SessionPlace place_;
  QPointer<RunSource> source_;
  std::optional<Session> look_;        ///< to be taken over
  int64_t follows_ = 0;                ///< counts runs: what was asked for an earlier one is void
  std::optional<FoundSession> found_;  ///< read, not given back yet
  bool ready_ = false;                 ///< given back: from now on changes are the user's
  int writing_ = 0;
  bool told_settings_ = false;
  Session known_;           ///< as on the disk, without layout
  QString arrangement_;     ///< then
  ExpertNames base_names_;  ///< as last read or written
};

}  // namespace limoe::gui
