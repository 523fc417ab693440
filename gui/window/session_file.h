// Where sessions lie on the disk. Everything here touches it: on the reader thread only.
#pragma once

#include <QString>

#include "gui/window/session.h"

namespace limoe::gui {

/// Of one run. session.json in its folder; NAME.session.json beside a recording of another name.
/// Where that cannot be written, the settings file keeps the session instead, until it can.
struct SessionPlace {
  QString run_path;       ///< folder, or recording of another name
  QString settings_file;  ///< empty: there is none
  /// Of the user's own images: the run that routed them. Experts are its model's, so their names
  /// are kept in its session. Empty: in this one.
  QString names_path;
};

struct FoundSession {
  std::optional<Session> session;
  QString fault;  ///< names the file and what is wrong with it; empty where nothing is, or no file
  bool in_settings = false;
};
FoundSession findSession(const SessionPlace& place);

struct StoredSession {
  ExpertNames names;         ///< as they are in the file now
  bool in_settings = false;  ///< the folder cannot be written
  QString failure;           ///< why the folder could not be written; empty: it was
};
/// Writes at once and whole, or not at all. Names that another window has given since `base` are
/// taken over. A file that is not a sound session of this version is kept as FILE.bak.
StoredSession storeSession(const SessionPlace& place, Session session, const ExpertNames& base);

}  // namespace limoe::gui
