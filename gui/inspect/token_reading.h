// Reads what the recording says about one token: its decisions in all layers of one snapshot, and
// in one layer over all snapshots. Reads follow one another in the background; answers to what is
// no longer asked are dropped. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/token_routing.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {

/// Decisions of one token in one snapshot.
struct TokenPath {
  int64_t snapshot = -1;
  int64_t step = -1;
  std::vector<TokenDecision> layers;  ///< [L] with probabilities where they are recorded
};

class TokenReading : public QObject {
  Q_OBJECT
 public:
  explicit TokenReading(QObject* parent = nullptr);
  ~TokenReading() override;

  void setSource(RunSource* source);
  /// What is wanted; the snapshot and the layer may be out of range, then there is nothing.
  void follow(const std::optional<TokenRef>& token, int64_t snapshot, int64_t layer);

  /// nullptr while it is read for the first time. While another snapshot is being read, the one
  /// before stays (its step says so).
  const TokenPath* path() const { return path_ ? &*path_ : nullptr; }
  /// What has been read so far, from the first snapshot on; grows while it is read, and with a live
  /// run, of which only new snapshots are read.
  const TokenHistory& history() const { return history_; }
  QString failure() const { return failure_; }  ///< in words; empty where nothing failed
  /// Ends reading the history until goOn() or another token or layer; what has been read stays.
  void stop();
  void goOn();                ///< or tries again what failed
  Standing standing() const;  ///< of the history

 Q_SIGNALS:
  void changed();

 private:
  struct Incoming;

  void forget();
  void sourceChanged();
  void read();
  void readPath(const RunData& run);
  void readHistory(const RunData& run);
  void takeHistory(const std::shared_ptr<Incoming>& incoming);
  void fail(const QString& why);

  QPointer<RunSource> source_;
  DecisionsStamp stamp_;  ///< of the run when it was last looked at
  std::optional<TokenRef> token_;
  int64_t snapshot_ = -1;
  int64_t layer_ = 0;

  std::optional<TokenPath> path_;
  TokenHistory history_;
  QString failure_;
  std::unique_ptr<Walk> path_walk_;
  int64_t path_being_read_ = -1;  ///< snapshot
  std::unique_ptr<Walk> history_walk_;
  bool stopped_ = false;
};

}  // namespace limoe::gui
