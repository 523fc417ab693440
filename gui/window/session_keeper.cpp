#include "gui/window/session_keeper.h"

#include <QFileInfo>
#include <utility>

#include "gui/runs/own_recording.h"

namespace limoe::gui {
namespace {

constexpr int kQuietMs = 800;  // a slider that is dragged is written once, when it rests

}  // namespace

SessionKeeper::SessionKeeper(ViewState& state, std::shared_ptr<ReaderThread> reader,
                             const QString& settings_file, QObject* parent)
    : QObject(parent),
      state_(state),
      reader_(std::move(reader)),
      mailbox_(Mailbox::of(this)),
      settings_file_(settings_file) {
  timer_.setSingleShot(true);
  timer_.setInterval(kQuietMs);
  connect(&timer_, &QTimer::timeout, this, &SessionKeeper::save);
  connect(&state_, &ViewState::changed, this, &SessionKeeper::noteChange);
}

void SessionKeeper::follow(const QString& run_path, RunSource* source,
                           const std::optional<Session>& look) {
  leave();
  source_ = source;
  look_ = look;
  const auto own = ownRecording(run_path);
  place_ = {run_path, settings_file_, own ? own->run : QString()};
  connect(source, &RunSource::dataChanged, this, &SessionKeeper::restoreOnceBothAreThere);
  reader_->post(ReaderThread::Urgency::Now,
                [this, mailbox = mailbox_, place = place_, follows = follows_] {
                  // `this` is touched by the letter alone, which dies with it.
                  mailbox->send([this, follows, found = findSession(place)] {
                    if (follows == follows_) {
                      found_ = found;
                      restoreOnceBothAreThere();
                    }
                  });
                });
}

void SessionKeeper::leave() {
  save();
  forget();
}

void SessionKeeper::forget() {
  timer_.stop();
  if (source_) {
    source_->disconnect(this);
  }
  source_ = nullptr;
  ++follows_;
  found_.reset();
  ready_ = false;
  told_settings_ = false;
}

Session SessionKeeper::current() const {
  Session session = sessionOf(state_, *source_->data());
  session.wall = wall_ ? wall_() : WallPlace();
  return session;
}

void SessionKeeper::restoreOnceBothAreThere() {
  if (ready_ || !found_ || !source_ || !source_->data()) {
    return;
  }
  const FoundSession found = std::exchange(found_, std::nullopt).value();
  const QString name = source_->data()->name;
  ready_ = true;
  told_settings_ = found.in_settings;
  if (!found.fault.isEmpty()) {
    Q_EMIT warned(QString("The session of run %1 could not be given back as it was. %2 The file "
                          "stays as it is until you change the view; it is then kept beside the "
                          "new one, with .bak after its name.")
                      .arg(name, found.fault));
  }
  if (found.session) {
    const QStringList gone = applySession(*found.session, *source_->data(), state_);
    if (!gone.isEmpty()) {
      Q_EMIT informed(QString("Run %1 no longer has: %2").arg(name, gone.join(", ")));
    }
  }
  known_ = sessionOf(state_, *source_->data());
  known_.wall = found.session ? found.session->wall : WallPlace();
  base_names_ = known_.expert_names;
  if (const auto look = std::exchange(look_, std::nullopt)) {
    Session taken = known_;
    takeLook(*look, taken);
    applySession(taken, *source_->data(), state_);
  }
  Q_EMIT restored(found.session ? found.session->layout : QByteArray());
  Q_EMIT wallRestored(known_.wall);
  arrangement_ = layout_ ? layout_().arrangement : QString();
}

void SessionKeeper::noteChange() {
  if (!ready_ || !source_) {
    return;
  }
  Session now = current();
  now.wall = known_.wall;
  if (now != known_) {
    timer_.start();
  }
}

void SessionKeeper::save() {
  timer_.stop();
  if (!ready_ || !source_) {
    return;
  }
  Session session = current();
  const Layout layout = layout_ ? layout_() : Layout();
  if (session == known_ && layout.arrangement == arrangement_) {
    return;
  }
  known_ = session;
  arrangement_ = layout.arrangement;
  session.layout = layout.state;
  // The file holds at least these from now on: only what differs from them is another window's.
  const ExpertNames base = std::exchange(base_names_, session.expert_names);
  ++writing_;
  reader_->post(ReaderThread::Urgency::Now,
                [this, mailbox = mailbox_, place = place_, session, base, follows = follows_] {
                  mailbox->send([this, follows, stored = storeSession(place, session, base),
                                 written = session.expert_names] {
                    --writing_;
                    if (follows == follows_) {
                      takeStored(stored, written);
                    }
                  });
                });
}

void SessionKeeper::takeStored(const StoredSession& stored, const ExpertNames& written) {
  if (!stored.failure.isEmpty() && !std::exchange(told_settings_, true)) {
    const QString name = source_ && source_->data() ? source_->data()->name : place_.run_path;
    Q_EMIT informed(stored.in_settings
                        ? QString("The session of run %1 cannot be kept in its folder (%2): the "
                                  "settings keep it instead.")
                              .arg(name, stored.failure)
                        : QString("The session of run %1 cannot be kept in its folder (%2), and is "
                                  "lost when the window closes.")
                              .arg(name, stored.failure));
  }
  if (stored.names != written && base_names_ == written && state_.expertNames() == written) {
    base_names_ = stored.names;
    known_.expert_names = stored.names;
    state_.setExpertNames(stored.names);
  }
}

bool SessionKeeper::isIdle() const {
  return !timer_.isActive() && writing_ == 0 && (ready_ || !source_);
}

}  // namespace limoe::gui
