// The values that may change while a model trains, editable together: Apply sends what differs.
#pragma once

#include <QLineEdit>
#include <QWidget>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QScrollArea;

namespace limoe::gui {

class LiveValues : public QWidget {
  Q_OBJECT
 public:
  explicit LiveValues(QWidget* parent = nullptr);

  /// Current values by dotted key, as the worker told them; empty: no worker. Fields that the user
  /// has edited keep what was typed.
  void setCurrent(const nlohmann::json& live);
  /// The worker has taken over `values`, which applied() carried.
  void accept(const nlohmann::json& values);

 Q_SIGNALS:
  void applied(nlohmann::json values);  ///< only those that differ

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void addNumber(QFormLayout* form, const std::string& key, const QString& label,
                 const QString& tip);
  nlohmann::json changes() const;
  void revert();
  void refresh();

  std::map<std::string, QLineEdit*> numbers_;  ///< by dotted key
  QComboBox* priority_;
  QLabel* hint_;
  QScrollArea* scroll_;
  QWidget* fields_;
  QPushButton* apply_;
  QPushButton* revert_;
  nlohmann::json current_ = nlohmann::json::object();
};

}  // namespace limoe::gui
